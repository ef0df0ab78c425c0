package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicyStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.StepOutcome;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Makes a policy's status of what was found; pure. */
final class PolicyStatus {
  private PolicyStatus() {}

  static SandboxPolicyStatus of(
      SandboxPolicy policy, ResolvedPolicy resolved, PolicyCounts counts, Instant now) {
    long generation = policy.getMetadata().getGeneration();
    Conditions conditions = Conditions.replacing(before(policy), generation, now);
    Optional<StepOutcome> obstacle = resolved.obstacle();
    obstacle.ifPresentOrElse(
        outcome -> conditions.set(ConditionType.Ready, outcome),
        () -> conditions.isTrue(ConditionType.Ready, Reason.Ready, "tenants may use this policy"));
    obstacle
        .filter(StepOutcome.Invalid.class::isInstance)
        .ifPresent(o -> conditions.isTrue(ConditionType.Stalled, o.reason(), o.message()));
    conditions.set(ConditionType.Accepted, resolved.accepted());
    conditions.set(ConditionType.RuntimeAvailable, resolved.runtime());
    conditions.set(ConditionType.LimitsEnforced, resolved.limits());
    conditions.set(ConditionType.NetworkPolicyEnforced, resolved.networkPolicy());
    conditions.set(ConditionType.EgressEnforced, resolved.egress());
    return new SandboxPolicyStatus(
        generation,
        resolved.effective().image(),
        counts.tenants(),
        counts.warm(),
        counts.claimed(),
        conditions.toList());
  }

  /** Equal but for times and for the figures that are only sampled. */
  static boolean same(SandboxPolicyStatus a, SandboxPolicyStatus b) {
    return a.observedGeneration().equals(b.observedGeneration())
        && Objects.equals(a.image(), b.image())
        && Objects.equals(a.tenants(), b.tenants())
        && Conditions.same(a.conditions(), b.conditions());
  }

  static List<Condition> before(SandboxPolicy policy) {
    return policy.getStatus() == null ? List.of() : policy.getStatus().conditions();
  }
}
