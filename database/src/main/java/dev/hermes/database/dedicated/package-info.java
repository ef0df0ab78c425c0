/** What leads to the database of a tenant that has one of its own. */
@NullMarked
package dev.hermes.database.dedicated;

import org.jspecify.annotations.NullMarked;
