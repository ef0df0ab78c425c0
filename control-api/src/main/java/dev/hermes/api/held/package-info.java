/** Sandboxes that apps make, find, extend and end by name. */
@NullMarked
package dev.hermes.api.held;

import org.jspecify.annotations.NullMarked;
