/** The APIKey kind: a credential of a tenant, delivered as a Secret beside the app. */
@NullMarked
package dev.hermes.crds.apikey;

import org.jspecify.annotations.NullMarked;
