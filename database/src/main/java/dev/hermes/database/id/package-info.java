/** Ids that sort by time. */
@NullMarked
package dev.hermes.database.id;

import org.jspecify.annotations.NullMarked;
