/** A real PostgreSQL for tests, here and in the modules that use the database. */
@NullMarked
package dev.hermes.database.testing;

import org.jspecify.annotations.NullMarked;
