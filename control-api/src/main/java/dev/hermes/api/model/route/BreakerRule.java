package dev.hermes.api.model.route;

import java.time.Duration;

/**
 * When a breaker opens, for how long, and what closes it.
 *
 * @param failures in a row that open it; at least 1
 * @param open how long nothing is sent to the upstream
 * @param probes how many calls at one time find out whether it is well again
 * @param successes of probes that close it
 */
public record BreakerRule(int failures, Duration open, int probes, int successes) {
  public static final BreakerRule STANDARD = new BreakerRule(5, Duration.ofSeconds(60), 2, 2);

  public BreakerRule {
    if (failures < 1 || open.isNegative() || open.isZero() || probes < 1 || successes < 1) {
      throw new IllegalArgumentException(
          "a breaker opens after at least one failure, for a while, and asks then");
    }
  }
}
