/** Sandboxes of sessions and those that apps hold by name: lease, pod, daemon. */
@NullMarked
package dev.hermes.api.sandbox;

import org.jspecify.annotations.NullMarked;
