/** Backup of every tenant's rows to a folder, and the way back into a fresh database. */
@NullMarked
package dev.hermes.database.backup;

import org.jspecify.annotations.NullMarked;
