/** Probes and metrics. */
@NullMarked
package dev.hermes.operator.health;

import org.jspecify.annotations.NullMarked;
