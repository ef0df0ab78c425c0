package dev.hermes.api.model.route;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Keeps calls from an upstream that fails: closed, it lets all pass; open, none; half open, a few
 * at a time, whose ends decide. It holds no lock while a call runs.
 */
public final class Breaker {
  private final BreakerRule rule;
  private final Clock clock;

  private int failures;
  private int probes;
  private int successes;
  private Optional<Instant> opened = Optional.empty();

  public Breaker(BreakerRule rule, Clock clock) {
    this.rule = rule;
    this.clock = clock;
  }

  /** What a breaker does with the next call. */
  public enum State {
    CLOSED,
    HALF_OPEN,
    OPEN
  }

  /** How a call that was let through ended. */
  public enum End {
    /** The upstream answered, be it with a refusal of this one request. */
    WELL,
    BADLY,
    /** It tells nothing of the upstream: whoever asked has left, or the upstream is only busy. */
    UNTOLD
  }

  /** Leave to make one call; {@link #ended} gives it back. */
  public final class Pass {
    /** The opening that this call is to end; empty when the breaker was closed. */
    private final Optional<Instant> probed;

    private Pass(Optional<Instant> probed) {
      this.probed = probed;
    }

    /** The call is over. One from before the breaker opened tells nothing new. */
    public void ended(End end) {
      synchronized (Breaker.this) {
        if (probed.isPresent()) {
          probes--;
        }
        if (probed.equals(opened)) {
          settle(end);
        }
      }
    }
  }

  /** Empty: no call may go out now. */
  public synchronized Optional<Pass> admit() {
    return switch (state()) {
      case CLOSED -> Optional.of(new Pass(Optional.empty()));
      case OPEN -> Optional.empty();
      case HALF_OPEN -> {
        if (probes >= rule.probes()) {
          yield Optional.empty();
        }
        probes++;
        yield Optional.of(new Pass(opened));
      }
    };
  }

  public synchronized State state() {
    if (opened.isEmpty()) {
      return State.CLOSED;
    }
    return left().isZero() ? State.HALF_OPEN : State.OPEN;
  }

  /** Until the next probe may go out. */
  public synchronized Duration left() {
    Duration left =
        opened
            .map(since -> Duration.between(clock.instant(), since.plus(rule.open())))
            .orElse(Duration.ZERO);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private void settle(End end) {
    switch (end) {
      case WELL -> {
        failures = 0;
        if (opened.isPresent() && ++successes >= rule.successes()) {
          opened = Optional.empty();
        }
      }
      case BADLY -> {
        failures++;
        if (opened.isPresent() || failures >= rule.failures()) {
          opened = Optional.of(clock.instant());
          successes = 0;
        }
      }
      case UNTOLD -> {}
    }
  }
}
