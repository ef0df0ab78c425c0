package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.pod.SandboxPod;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What to do for one tenant's pool now; pure.
 *
 * @param delete pods to delete
 * @param create one entry for each warm pod to make
 */
record PoolPlan(List<Pod> delete, List<EffectivePolicy> create) {
  /** A warm pod whose start gate has not passed by then is replaced. */
  static final Duration START_LIMIT = Duration.ofMinutes(5);

  /** So long an ended sandbox stays readable for the one who had it. */
  static final Duration ENDED_KEPT_FOR = Duration.ofMinutes(1);

  static PoolPlan of(PoolTarget target, List<Pod> pods, PoolSizes sizes, Instant now) {
    List<Pod> present = pods.stream().filter(pod -> !PodFacts.isLeaving(pod)).toList();
    if (target.drained()) {
      return new PoolPlan(present, List.of());
    }
    List<Pod> delete = new ArrayList<>();
    List<EffectivePolicy> create = new ArrayList<>();
    for (Pod pod : present) {
      if (isFinished(pod, now) || PodFacts.isWarm(pod) && policyOf(pod, target).isEmpty()) {
        delete.add(pod);
      }
    }
    for (EffectivePolicy policy : target.policies()) {
      if (policy.unavailable() == null) {
        List<Pod> alive =
            present.stream()
                .filter(pod -> !delete.contains(pod) && !PodFacts.hasEnded(pod))
                .filter(pod -> PodFacts.label(pod, Names.POLICY).equals(policy.name()))
                .toList();
        plan(policy, sizes.warm().getOrDefault(policy.name(), 0), alive, now, delete, create);
      }
    }
    return new PoolPlan(delete, create);
  }

  private static void plan(
      EffectivePolicy policy,
      int warm,
      List<Pod> alive,
      Instant now,
      List<Pod> delete,
      List<EffectivePolicy> create) {
    String hash = SandboxPod.policyHash(policy);
    List<Pod> good = new ArrayList<>();
    int claimed = 0;
    for (Pod pod : alive) {
      if (!PodFacts.isWarm(pod)) {
        claimed++;
      } else if (PodFacts.policyHash(pod).equals(hash) && !isStuck(pod, now)) {
        good.add(pod);
      } else {
        delete.add(pod);
      }
    }
    // those that still start go first, then the youngest
    good.sort(
        Comparator.comparing((Pod pod) -> !PodFacts.isReady(pod)).thenComparing(PodFacts::created));
    if (good.size() > warm) {
      delete.addAll(good.subList(warm, good.size()));
    }
    int missing = Math.min(warm, policy.pool().max() - claimed) - good.size();
    for (int i = 0; i < missing; i++) {
      create.add(policy);
    }
  }

  private static boolean isFinished(Pod pod, Instant now) {
    return PodFacts.hasEnded(pod)
        && (PodFacts.isWarm(pod) || PodFacts.changed(pod).plus(ENDED_KEPT_FOR).isBefore(now));
  }

  private static boolean isStuck(Pod pod, Instant now) {
    return !PodFacts.isReady(pod) && PodFacts.created(pod).plus(START_LIMIT).isBefore(now);
  }

  private static Optional<EffectivePolicy> policyOf(Pod pod, PoolTarget target) {
    String name = PodFacts.label(pod, Names.POLICY);
    return target.policies().stream().filter(policy -> policy.name().equals(name)).findFirst();
  }
}
