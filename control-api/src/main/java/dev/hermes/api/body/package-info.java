/** Bodies: requests read in time, within bounds, and as JSON; streams of events. */
@NullMarked
package dev.hermes.api.body;

import org.jspecify.annotations.NullMarked;
