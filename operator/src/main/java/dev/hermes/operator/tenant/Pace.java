package dev.hermes.operator.tenant;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** Whether a step may be taken for quick: it was when it ran last, and that is not long ago. */
final class Pace {
  /** Nobody misses a status for so long. */
  static final Duration QUICK = Duration.ofMillis(250);

  /** After so long without a run nothing is known. */
  static final Duration KNOWN_FOR = Duration.ofSeconds(10);

  private final Clock clock;
  private volatile Instant quickUntil = Instant.MIN;

  Pace(Clock clock) {
    this.clock = clock;
  }

  boolean isQuick() {
    return clock.instant().isBefore(quickUntil);
  }

  /** Runs the step and takes its time; one that throws is not quick. */
  <T> T taken(Supplier<T> step) {
    Instant start = clock.instant();
    boolean quick = false;
    try {
      T result = step.get();
      quick = Duration.between(start, clock.instant()).compareTo(QUICK) < 0;
      return result;
    } finally {
      quickUntil = quick ? clock.instant().plus(KNOWN_FOR) : Instant.MIN;
    }
  }
}
