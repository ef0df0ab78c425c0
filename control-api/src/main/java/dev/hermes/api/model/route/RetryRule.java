package dev.hermes.api.model.route;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How often a model call is tried, and how long a pause before an upstream is asked again.
 *
 * @param attempts calls of upstreams in all, at least 1
 * @param first the longest pause after the first failure; doubled after each further one
 * @param cap no pause is longer
 */
public record RetryRule(int attempts, Duration first, Duration cap) {
  public static final RetryRule STANDARD =
      new RetryRule(3, Duration.ofSeconds(1), Duration.ofSeconds(60));

  public RetryRule {
    if (attempts < 1 || first.isNegative() || cap.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "there is at least one attempt, and the first pause is not above the cap");
    }
  }

  /**
   * The pause after so many failed attempts: any length up to the doubled first one, so that many
   * who failed together do not come back together.
   *
   * @param asked by the upstream (Retry-After): no pause is shorter, and it too is spread
   * @return empty when the upstream asks for more than the cap: then there is no use in waiting
   */
  public Optional<Duration> pause(int failed, Optional<Duration> asked, RandomGenerator random) {
    if (asked.filter(wait -> wait.compareTo(cap) > 0).isPresent()) {
      return Optional.empty();
    }
    // the doubled Duration itself could overflow
    double doubled = first.toMillis() * Math.pow(2, failed - 1.0);
    Duration most = doubled < cap.toMillis() ? Duration.ofMillis((long) doubled) : cap;
    Duration pause =
        asked.map(wait -> wait.plus(upTo(first, random))).orElseGet(() -> upTo(most, random));
    return Optional.of(pause.compareTo(cap) < 0 ? pause : cap);
  }

  private static Duration upTo(Duration most, RandomGenerator random) {
    return Duration.ofNanos(random.nextLong(most.toNanos() + 1));
  }
}
