package dev.hermes.operator.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Waits longer after each refusal: 2 s, doubled up to a minute. */
final class Backoff {
  private static final Duration FIRST = Duration.ofSeconds(2);
  private static final Duration MOST = Duration.ofMinutes(1);

  private record Wait(Duration length, Instant until) {}

  private final Map<String, Wait> waits = new HashMap<>();

  boolean isOver(String key, Instant now) {
    Wait wait = waits.get(key);
    return wait == null || !wait.until().isAfter(now);
  }

  void refused(String key, Instant now) {
    Wait wait = waits.get(key);
    Duration length = wait == null ? FIRST : wait.length().multipliedBy(2);
    length = length.compareTo(MOST) > 0 ? MOST : length;
    waits.put(key, new Wait(length, now.plus(length)));
  }

  void worked(String key) {
    waits.remove(key);
  }
}
