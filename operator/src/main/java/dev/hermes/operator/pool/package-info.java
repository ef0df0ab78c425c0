/** Warm pods, ended leases and lost pods of every tenant. */
@NullMarked
package dev.hermes.operator.pool;

import org.jspecify.annotations.NullMarked;
