package dev.hermes.operator.kube;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps figures that move all the time from writing a status more than once a minute. Forgets on a
 * restart, which costs one write.
 */
public final class Sampler {
  public static final Duration PERIOD = Duration.ofMinutes(1);

  private final Map<String, Instant> last = new ConcurrentHashMap<>();
  private final Clock clock;

  public Sampler(Clock clock) {
    this.clock = clock;
  }

  public boolean due(String uid) {
    Instant before = last.get(uid);
    return before == null || !before.plus(PERIOD).isAfter(clock.instant());
  }

  public void taken(String uid) {
    last.put(uid, clock.instant());
  }

  public void forget(String uid) {
    last.remove(uid);
  }
}
