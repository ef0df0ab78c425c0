/**
 * What must hold before a process serves: server, role, schema version, and every wall of the
 * schema.
 */
@NullMarked
package dev.hermes.database.check;

import org.jspecify.annotations.NullMarked;
