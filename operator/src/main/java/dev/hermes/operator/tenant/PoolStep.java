package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import dev.hermes.operator.pool.PodFacts;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Whether the walls were seen to hold: a Ready pod is one that was refused by every target of its
 * start gate; pure.
 */
final class PoolStep {
  private PoolStep() {}

  /**
   * @param mayBeEmpty whether a policy's pool is at rest: it was proven, and nobody came lately
   */
  static StepOutcome judge(
      List<ResolvedPolicy> policies, List<Pod> pods, Predicate<String> mayBeEmpty) {
    for (ResolvedPolicy policy : policies) {
      EffectivePolicy effective = policy.effective();
      String unavailable = effective.unavailable();
      if (unavailable != null) {
        return new Waiting(
            Reason.valueOf(unavailable),
            "no sandbox of policy " + effective.name() + " may start: see its conditions");
      }
      if (effective.pool().warm() > 0
          && !mayBeEmpty.test(effective.name())
          && pods.stream().noneMatch(pod -> proves(pod, effective))) {
        return new Waiting(
            Reason.WaitingForPods, "no sandbox of policy " + effective.name() + " is Ready yet");
      }
    }
    return new Ready(Reason.Verified, "a sandbox of every policy was refused by all targets");
  }

  private static boolean proves(Pod pod, EffectivePolicy policy) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return PodFacts.isReady(pod) && policy.name().equals(labels.get(Names.POLICY));
  }
}
