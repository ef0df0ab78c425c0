/** Requests that may be repeated: one effect for a key, and the same answer. */
@NullMarked
package dev.hermes.api.idempotency;

import org.jspecify.annotations.NullMarked;
