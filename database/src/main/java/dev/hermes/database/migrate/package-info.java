/** The bootstrap and migration Jobs. */
@NullMarked
package dev.hermes.database.migrate;

import org.jspecify.annotations.NullMarked;
