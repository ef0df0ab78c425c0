package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.kube.StepOutcome;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A SandboxPolicy with everything found that it names.
 *
 * @param overhead what the RuntimeClass adds to each pod's resources
 * @param scheduling what the RuntimeClass merges into each pod: {@code key=value} node selectors,
 *     {@code key=value:Effect} tolerations
 * @param subject what a canary is to prove; empty while no sandbox could start anyway
 */
public record ResolvedPolicy(
    EffectivePolicy effective,
    StepOutcome accepted,
    StepOutcome runtime,
    StepOutcome limits,
    StepOutcome networkPolicy,
    StepOutcome egress,
    Map<String, Quantity> overhead,
    List<String> scheduling,
    Optional<CanarySubject> subject) {

  /** The first reason why no sandbox may start, or empty. */
  public Optional<StepOutcome> obstacle() {
    return outcomes().filter(StepOutcome::stops).findFirst();
  }

  private Stream<StepOutcome> outcomes() {
    return Stream.of(accepted, runtime, limits, networkPolicy, egress);
  }

  /** This one as a canary of it is shaped. */
  public ResolvedPolicy shapedAs(CanarySubject canary) {
    return new ResolvedPolicy(
        canary.effective(),
        accepted,
        runtime,
        limits,
        networkPolicy,
        egress,
        overhead,
        scheduling,
        Optional.of(canary));
  }

  /** This one judged by what canaries proved; what stops sandboxes already is not asked again. */
  ResolvedPolicy proven(Proving proving) {
    ResolvedPolicy judged =
        new ResolvedPolicy(
            effective,
            accepted,
            judge(proving, ConditionType.RuntimeAvailable, runtime, Check.KERNEL),
            judge(
                proving,
                ConditionType.LimitsEnforced,
                limits,
                Check.CPU,
                Check.PIDS,
                Check.MEMORY,
                Check.DISK),
            judge(proving, ConditionType.NetworkPolicyEnforced, networkPolicy, Check.NETWORK),
            effective.network().isOpen()
                ? judge(proving, ConditionType.EgressEnforced, egress, Check.NETWORK, Check.EGRESS)
                : egress,
            overhead,
            scheduling,
            subject);
    return judged.unavailable(judged.obstacle().map(stop -> stop.reason().name()).orElse(null));
  }

  private static StepOutcome judge(
      Proving proving, ConditionType type, StepOutcome found, Check... checks) {
    return found.stops() ? found : proving.outcome(type, found, checks);
  }

  private ResolvedPolicy unavailable(@Nullable String reason) {
    return new ResolvedPolicy(
        new EffectivePolicy(
            effective.name(),
            effective.image(),
            effective.runtimeClassName(),
            effective.tools(),
            effective.resources(),
            effective.limits(),
            effective.pool(),
            effective.denyTargets(),
            effective.network(),
            effective.egressProxy(),
            reason,
            effective.backend()),
        accepted,
        runtime,
        limits,
        networkPolicy,
        egress,
        overhead,
        scheduling,
        subject);
  }
}
