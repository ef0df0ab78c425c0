package dev.hermes.api.idempotency;

import java.util.Locale;

/** What came of a request whose key was there before it. */
enum Repetition {
  /** It got the answer of the first. */
  REPLAYED,
  /** All of it was done, and its answer is not kept: 409. */
  NOT_KEPT,
  /** Another request is at work for the key: 409. */
  IN_PROGRESS,
  /** The key was used for another request: 422. */
  REUSED,
  /** It goes on where a request has stopped that failed, or whose replica died. */
  RESUMED;

  /** A label of a metric. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
