/** The Tenant kind: who may use the platform, and up to what bounds. */
@NullMarked
package dev.hermes.crds.tenant;

import org.jspecify.annotations.NullMarked;
