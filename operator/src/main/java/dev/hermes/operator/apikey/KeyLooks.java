package dev.hermes.operator.apikey;

import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.operator.provision.KeyRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** When to look at a key again; pure. */
final class KeyLooks {
  /** Behind the moment itself: the clock of the look must not be before it. */
  private static final Duration MARGIN = Duration.ofMillis(50);

  private KeyLooks() {}

  /** At the next moment at which something is due, and not later than the resync asks. */
  static Duration again(
      ApiKeySpec spec, KeyRing ring, Optional<Duration> notice, Instant now, Duration resync) {
    Optional<Instant> scheduled = new Schedule(spec, ring.current()).nextLook(now);
    Optional<Instant> overlap = ring.overlapping(now).flatMap(KeyRow::expiresAt);
    return Stream.concat(
            Stream.of(scheduled, overlap)
                .flatMap(Optional::stream)
                .map(time -> Duration.between(now, time).plus(MARGIN)),
            Stream.of(notice).flatMap(Optional::stream))
        .filter(wait -> wait.compareTo(resync) < 0)
        .min(Duration::compareTo)
        .orElse(resync);
  }
}
