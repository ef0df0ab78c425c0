/** Probes and metrics. */
@NullMarked
package dev.hermes.egress.health;

import org.jspecify.annotations.NullMarked;
