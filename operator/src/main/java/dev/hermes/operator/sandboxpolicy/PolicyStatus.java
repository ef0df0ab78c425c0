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
import java.util.stream.Stream;

/** Makes a policy's status of what was found; pure. */
final class PolicyStatus {
  private static final String NOT_PROBED = "no canary proves this in this release";

  private PolicyStatus() {}

  static SandboxPolicyStatus of(
      SandboxPolicy policy, ResolvedPolicy resolved, PolicyCounts counts, Instant now) {
    long generation = policy.getMetadata().getGeneration();
    Conditions conditions = Conditions.replacing(before(policy), generation, now);
    Optional<StepOutcome> obstacle =
        Stream.of(resolved.accepted(), resolved.runtime(), resolved.networkPolicy())
            .filter(outcome -> !outcome.isReady() && outcome.reason() != Reason.NotProbed)
            .findFirst();
    obstacle.ifPresentOrElse(
        outcome -> conditions.set(ConditionType.Ready, outcome),
        () -> conditions.isTrue(ConditionType.Ready, Reason.Ready, "tenants may use this policy"));
    obstacle
        .filter(StepOutcome.Invalid.class::isInstance)
        .ifPresent(o -> conditions.isTrue(ConditionType.Stalled, o.reason(), o.message()));
    conditions.set(ConditionType.Accepted, resolved.accepted());
    conditions.set(ConditionType.RuntimeAvailable, resolved.runtime());
    conditions.unknown(ConditionType.LimitsEnforced, Reason.NotProbed, NOT_PROBED);
    StepOutcome network = resolved.networkPolicy();
    if (network.reason() == Reason.NotProbed) {
      conditions.unknown(ConditionType.NetworkPolicyEnforced, Reason.NotProbed, network.message());
    } else {
      conditions.set(ConditionType.NetworkPolicyEnforced, network);
    }
    conditions.unknown(ConditionType.EgressEnforced, Reason.NotProbed, NOT_PROBED);
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
