/**
 * Bodies: requests read in time, within bounds, and as JSON; streams of events; texts cut, and what
 * is known of a content by its hash.
 */
@NullMarked
package dev.hermes.api.body;

import org.jspecify.annotations.NullMarked;
