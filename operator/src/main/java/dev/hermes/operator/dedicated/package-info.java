/** Tenants with a database of their own: its Secret, its migration, its checks, its purge. */
@NullMarked
package dev.hermes.operator.dedicated;

import org.jspecify.annotations.NullMarked;
