package dev.hermes.operator.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * How one policy's sandboxes of one tenant were used.
 *
 * @param last when one was in use; the pool's first day counts as use
 * @param claims the claims within {@link #REMEMBERED}, oldest first
 */
record PoolUse(Instant last, List<Instant> claims) {
  /** So long a burst is prepared for again. */
  static final Duration REMEMBERED = Duration.ofMinutes(5);

  /** A pod that is claimed now is replaced by one that is Ready within this. */
  static final Duration REFILL = Duration.ofSeconds(10);

  private static final int CLAIMS_KEPT = 500;

  PoolUse {
    claims = List.copyOf(claims);
  }

  static PoolUse since(Instant last) {
    return new PoolUse(last, List.of());
  }

  /** In use at this moment, with so many claims that were not seen before. */
  PoolUse used(int claimed, Instant now) {
    List<Instant> all = new ArrayList<>(remembered(now));
    for (int i = 0; i < claimed; i++) {
      all.add(now);
    }
    return new PoolUse(now, all.subList(Math.max(0, all.size() - CLAIMS_KEPT), all.size()));
  }

  /**
   * The most claims within any {@link #REFILL}: so many came before the first could be replaced.
   */
  int peak(Instant now) {
    List<Instant> lately = remembered(now);
    int peak = 0;
    int first = 0;
    for (int i = 0; i < lately.size(); i++) {
      while (lately.get(first).plus(REFILL).isBefore(lately.get(i))) {
        first++;
      }
      peak = Math.max(peak, i - first + 1);
    }
    return peak;
  }

  /** Whether nobody came for so long that warm pods are not worth their place; 0: never. */
  boolean isAtRest(int idleSeconds, Instant now) {
    return idleSeconds > 0 && last.plusSeconds(idleSeconds).isBefore(now);
  }

  private List<Instant> remembered(Instant now) {
    return claims.stream().filter(claim -> claim.plus(REMEMBERED).isAfter(now)).toList();
  }
}
