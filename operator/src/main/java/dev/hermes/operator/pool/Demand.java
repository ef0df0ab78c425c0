package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.provision.ClaimTimes;
import dev.hermes.operator.provision.Leases;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Remembers how each pool was used. It starts with the leases in the database, so that a new leader
 * neither wakes ten thousand pools that rest nor forgets a burst; from then on it sees the pods.
 * For the pool's thread alone.
 */
final class Demand {
  /** The longest {@code idleScaleDownSeconds}. */
  private static final Duration LONGEST_IDLE = Duration.ofDays(1);

  private record Key(String namespace, String policy) {}

  private final Leases leases;
  private final Map<Key, PoolUse> uses = new HashMap<>();
  private final Map<String, Set<String>> claimedPods = new HashMap<>();
  private boolean loaded;

  Demand(Leases leases) {
    this.leases = leases;
  }

  /** Reads what the database knows, once; until that worked no pool is touched. */
  void load() {
    if (loaded) {
      return;
    }
    for (ClaimTimes times : leases.claims(LONGEST_IDLE, PoolUse.REMEMBERED)) {
      uses.put(
          new Key(times.namespace(), times.policy()), new PoolUse(times.last(), times.recent()));
    }
    loaded = true;
  }

  /** How each policy of the tenant was used, now that its pods are these. */
  Function<EffectivePolicy, PoolUse> observe(
      PoolTarget target, List<Pod> pods, Function<String, Instant> awakeSince, Instant now) {
    Set<String> before = claimedPods.get(target.namespace());
    Set<String> claimed = new HashSet<>();
    for (EffectivePolicy policy : target.policies()) {
      Set<String> here =
          pods.stream()
              .filter(pod -> PodFacts.isClaimed(pod) && !PodFacts.hasEnded(pod))
              .filter(pod -> PodFacts.label(pod, Names.POLICY).equals(policy.name()))
              .map(pod -> pod.getMetadata().getUid())
              .collect(Collectors.toSet());
      claimed.addAll(here);
      PoolUse use =
          uses.getOrDefault(
              new Key(target.namespace(), policy.name()), PoolUse.since(Instant.EPOCH));
      Instant awake = awakeSince.apply(policy.name());
      if (use.last().isBefore(awake)) {
        use = new PoolUse(awake, use.claims());
      }
      if (!here.isEmpty()) {
        // those of the first look are in the database's answer
        long unseen =
            before == null ? 0 : here.stream().filter(uid -> !before.contains(uid)).count();
        use = use.used((int) unseen, now);
      }
      uses.put(new Key(target.namespace(), policy.name()), use);
    }
    claimedPods.put(target.namespace(), claimed);
    return policy ->
        uses.getOrDefault(new Key(target.namespace(), policy.name()), PoolUse.since(Instant.EPOCH));
  }

  void forget(String namespace) {
    claimedPods.remove(namespace);
    uses.keySet().removeIf(key -> key.namespace().equals(namespace));
  }
}
