package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Unknown;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the canaries' findings mean for a condition; pure. A wall that was seen broken stays so,
 * over restarts and changes of the policy too, until a canary has seen it hold (decision 22).
 */
final class Proving {
  private static final Set<Reason> BROKEN =
      Set.of(
          Reason.KernelNotIsolated,
          Reason.CpuUnlimited,
          Reason.PidsUnlimited,
          Reason.MemoryUnlimited,
          Reason.DiskUnlimited,
          Reason.NetworkOpen,
          Reason.EgressBypassed,
          Reason.CanaryFailed);

  private final Optional<Proofs> proofs;
  private final List<Condition> before;

  /**
   * @param proofs empty: there is nothing that a canary could look at now
   */
  Proving(Optional<Proofs> proofs, List<Condition> before) {
    this.proofs = proofs;
    this.before = before;
  }

  /**
   * @param otherwise what holds where nothing is proven: no canaries, or nothing to probe
   * @param checks all of which must hold
   */
  StepOutcome outcome(ConditionType type, StepOutcome otherwise, Check... checks) {
    if (proofs.isEmpty()) {
      return kept(type, otherwise);
    }
    Proofs known = proofs.get();
    if (!known.on()) {
      return otherwise;
    }
    List<Finding> findings =
        Stream.of(checks)
            .flatMap(check -> Optional.ofNullable(known.findings().get(check)).stream())
            .toList();
    List<Finding.Broken> broken =
        findings.stream()
            .filter(Finding.Broken.class::isInstance)
            .map(Finding.Broken.class::cast)
            .toList();
    if (!broken.isEmpty()) {
      return stopping(broken.getFirst().reason(), messages(broken));
    }
    if (findings.size() < checks.length) {
      return untilTold(type, known.inherited());
    }
    return untold(findings)
        .map(finding -> failed(type, finding, known.inherited()))
        .orElseGet(() -> new Ready(Reason.Proven, messages(findings)));
  }

  private StepOutcome untilTold(ConditionType type, boolean inherited) {
    return kept(
        type,
        stood(type, inherited)
            .orElseGet(() ->
                isKernel(type)
                    ? new Unknown(
                        Reason.Probing, "a canary looks at the kernel; then sandboxes start", true)
                    : new Unknown(Reason.Probing, "a canary looks; sandboxes start meanwhile")));
  }

  /** What an earlier process knew. */
  private Optional<StepOutcome> stood(ConditionType type, boolean inherited) {
    return Conditions.find(before, type)
        .filter(condition -> inherited && "True".equals(condition.getStatus()))
        .flatMap(condition ->
            Stream.of(Reason.Proven, Reason.RuntimeFound)
                .filter(reason -> reason.name().equals(condition.getReason()))
                .findFirst()
                .map(reason -> new Ready(reason, condition.getMessage())));
  }

  /**
   * Of the network each sandbox makes sure itself, and limits guard neighbours; but code that runs
   * on the node's kernel for a moment has run there.
   */
  private static boolean isKernel(ConditionType type) {
    return type == ConditionType.RuntimeAvailable;
  }

  private static Optional<Finding.Untold> untold(List<Finding> findings) {
    return findings.stream()
        .filter(Finding.Untold.class::isInstance)
        .map(Finding.Untold.class::cast)
        .findFirst();
  }

  private StepOutcome failed(ConditionType type, Finding.Untold finding, boolean inherited) {
    boolean stops = isKernel(type) && stood(type, inherited).isEmpty();
    return finding.overdue()
        ? stopping(Reason.CanaryFailed, finding.message())
        : kept(type, new Unknown(Reason.CanaryFailed, finding.message(), stops));
  }

  private static String messages(List<? extends Finding> findings) {
    return findings.stream().map(Finding::message).collect(Collectors.joining("; "));
  }

  private static Invalid stopping(Reason reason, String message) {
    return new Invalid(reason, message + "; no sandbox starts");
  }

  /** What was found broken before, or else this. */
  private StepOutcome kept(ConditionType type, StepOutcome otherwise) {
    return Conditions.find(before, type)
        .filter(condition -> "False".equals(condition.getStatus()))
        .flatMap(condition ->
            BROKEN.stream()
                .filter(reason -> reason.name().equals(condition.getReason()))
                .findFirst()
                .<StepOutcome>map(reason -> new Invalid(reason, condition.getMessage())))
        .orElse(otherwise);
  }
}
