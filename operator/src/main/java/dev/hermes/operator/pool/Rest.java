package dev.hermes.operator.pool;

import dev.hermes.crds.effective.EffectivePolicy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which pools may be without a pod: those at rest, and those that were woken a moment ago. A tenant
 * whose walls were proven stays Ready meanwhile. Any thread may ask.
 */
final class Rest {
  /** A pool that wakes has a Ready pod again within this. */
  static final Duration WAKING = Duration.ofSeconds(60);

  /**
   * @param shown policies that had a Ready pod
   */
  private record Pool(
      Instant awakeSince, Set<String> shown, Map<String, Instant> excusedUntil, boolean looked) {}

  private final Clock clock;
  private final Map<String, Pool> pools = new ConcurrentHashMap<>();

  Rest(Clock clock) {
    this.clock = clock;
  }

  /**
   * A target came or changed.
   *
   * @param provenSince since when its walls are known to hold, should they have been before this
   *     process looked; then it need not wake for that
   */
  void wanted(@Nullable PoolTarget before, PoolTarget now, Optional<Instant> provenSince) {
    if (before == null && provenSince.isPresent()) {
      pools.put(
          now.tenantUid(), new Pool(provenSince.get(), Set.copyOf(names(now)), Map.of(), false));
    } else if (before == null
        || before.drained() && !now.drained()
        || !names(before).equals(names(now))) {
      pools.put(now.tenantUid(), new Pool(clock.instant(), Set.of(), Map.of(), true));
    }
  }

  void forget(String tenantUid) {
    pools.remove(tenantUid);
  }

  /**
   * When a policy's pool was last given a reason to have pods, other than a claim: now, as long as
   * none of them has shown that the walls hold.
   */
  Instant awakeSince(String tenantUid, String policy) {
    Pool pool = pools.get(tenantUid);
    if (pool == null) {
      return Instant.EPOCH;
    }
    return pool.shown().contains(policy) ? pool.awakeSince() : clock.instant();
  }

  /** The pool's thread has looked; called before it deletes anything. */
  void looked(PoolTarget target, Set<String> atRest, Set<String> withReadyPod) {
    pools.computeIfPresent(
        target.tenantUid(),
        (uid, pool) -> {
          Instant now = clock.instant();
          Map<String, Instant> excused = new HashMap<>();
          for (EffectivePolicy policy : target.policies()) {
            String name = policy.name();
            Instant before = pool.excusedUntil().get(name);
            if (atRest.contains(name)) {
              excused.put(name, Instant.MAX);
            } else if (before != null && !withReadyPod.contains(name)) {
              excused.put(name, before.equals(Instant.MAX) ? now.plus(WAKING) : before);
            }
          }
          Set<String> shown = new HashSet<>(pool.shown());
          shown.addAll(withReadyPod);
          return new Pool(pool.awakeSince(), Set.copyOf(shown), Map.copyOf(excused), true);
        });
  }

  boolean excuses(String tenantUid, String policy) {
    Pool pool = pools.get(tenantUid);
    if (pool == null) {
      return false;
    }
    Instant until = pool.excusedUntil().get(policy);
    return !pool.looked() || until != null && until.isAfter(clock.instant());
  }

  private static List<String> names(PoolTarget target) {
    return target.policies().stream().map(EffectivePolicy::name).toList();
  }
}
