/** Bodies of requests: read in time, within bounds, and as JSON. */
@NullMarked
package dev.hermes.api.body;

import org.jspecify.annotations.NullMarked;
