package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * How many warm pods each policy of a tenant is to have; pure. At least {@code pool.warm}, more
 * after a burst, none at rest. What grows stays below what the tenant could still claim, which is
 * what its quota has room for.
 *
 * @param warm by the policy's name
 * @param atRest names of the policies without a warm pod since nobody came
 */
record PoolSizes(Map<String, Integer> warm, Set<String> atRest) {
  static PoolSizes of(
      PoolTarget target, List<Pod> pods, Function<EffectivePolicy, PoolUse> uses, Instant now) {
    Map<String, Integer> warm = new HashMap<>();
    Set<String> atRest = new TreeSet<>();
    int spare =
        target.maxConcurrent()
            - (int)
                pods.stream().filter(p -> PodFacts.isClaimed(p) && !PodFacts.hasEnded(p)).count();
    for (EffectivePolicy policy : target.policies()) {
      boolean rests = uses.apply(policy).isAtRest(policy.pool().idleScaleDownSeconds(), now);
      int base = rests ? 0 : policy.pool().warm();
      warm.put(policy.name(), base);
      spare -= base;
      if (rests && policy.pool().warm() > 0) {
        atRest.add(policy.name());
      }
    }
    for (EffectivePolicy policy : target.policies()) {
      int base = warm.getOrDefault(policy.name(), 0);
      if (base > 0 && spare > 0 && !isCrowded(policy, pods)) {
        int more = Math.clamp(uses.apply(policy).peak(now) - base, 0, spare);
        warm.put(policy.name(), base + more);
        spare -= more;
      }
    }
    return new PoolSizes(Map.copyOf(warm), Set.copyOf(atRest));
  }

  /** No node has room for the warm pods there are: more would only push others away. */
  private static boolean isCrowded(EffectivePolicy policy, List<Pod> pods) {
    return pods.stream()
        .anyMatch(pod ->
            PodFacts.isWarm(pod)
                && PodFacts.isUnschedulable(pod)
                && PodFacts.label(pod, Names.POLICY).equals(policy.name()));
  }
}
