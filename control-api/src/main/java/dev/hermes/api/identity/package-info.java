/** Who calls: from a credential to a tenant, a user, roles and scopes. */
@NullMarked
package dev.hermes.api.identity;

import org.jspecify.annotations.NullMarked;
