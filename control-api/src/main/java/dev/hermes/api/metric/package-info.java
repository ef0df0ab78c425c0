/** Figures of this process for Prometheus. */
@NullMarked
package dev.hermes.api.metric;

import org.jspecify.annotations.NullMarked;
