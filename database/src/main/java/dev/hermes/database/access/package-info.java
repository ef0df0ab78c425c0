/** The only way to a tenant's rows: one transaction, one tenant. */
@NullMarked
package dev.hermes.database.access;

import org.jspecify.annotations.NullMarked;
