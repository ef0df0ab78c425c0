package dev.hermes.operator.canary;

import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec.Resources;
import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.Check;
import dev.hermes.operator.sandboxpolicy.Finding;
import dev.hermes.operator.sandboxpolicy.Finding.Broken;
import dev.hermes.operator.sandboxpolicy.Finding.Held;
import dev.hermes.operator.sandboxpolicy.Finding.Untold;
import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an ended canary pod proves; pure. What held is said in the same words each time, so that a
 * status is written only when something changed.
 */
final class Verdicts {
  /**
   * What a quota of a quarter was seen to let through at most is 1.3; without one it is 4 and more.
   */
  private static final BigDecimal CPU_SLACK = new BigDecimal("1.6");

  private static final int NO_CREDENTIAL = 407;

  private final CanarySubject subject;
  private final Ending ending;
  private final Optional<String> nodeBootId;

  /**
   * @param nodeBootId of the kernel of the node on which the pod ran, where it is known
   */
  Verdicts(CanarySubject subject, Ending ending, Optional<String> nodeBootId) {
    this.subject = subject;
    this.ending = ending;
    this.nodeBootId = nodeBootId;
  }

  Map<Check, Finding> of(Stage stage) {
    return ending
        .report()
        .map(report ->
            switch (stage) {
              case WALLS -> walls(report);
              case MEMORY -> Map.of(Check.MEMORY, taking().memory(report.memory()));
              case DISK -> Map.of(Check.DISK, taking().disk(report.disk()));
            })
        .orElseGet(() ->
            stage == Stage.DISK
                // the kubelet may keep no report of a pod that it evicts
                ? Map.of(Check.DISK, taking().disk(null))
                : untold(stage, ending.said()));
  }

  private TakeVerdicts taking() {
    return new TakeVerdicts(subject, ending);
  }

  /** Nothing is known of what this stage looks at. */
  static Map<Check, Finding> untold(Stage stage, String why) {
    Map<Check, Finding> findings = new EnumMap<>(Check.class);
    stage.checks().forEach(check -> findings.put(check, noWord(why)));
    return findings;
  }

  private Map<Check, Finding> walls(CanaryReport report) {
    Map<Check, Finding> findings = new EnumMap<>(Check.class);
    findings.put(Check.KERNEL, kernel(report.kernel()));
    findings.put(Check.CPU, cpu(report.cpu()));
    findings.put(Check.PIDS, pids(report.pids()));
    findings.put(Check.NETWORK, network(report.network()));
    if (subject.effective().egressProxy() != null) {
      findings.put(Check.EGRESS, egress(report.egress()));
    }
    return findings;
  }

  private Finding kernel(CanaryReport.@Nullable Kernel kernel) {
    String runtime = "RuntimeClass " + subject.effective().runtimeClassName();
    if (kernel == null) {
      return noWord("nothing of the kernel");
    }
    if (kernel.gvisor()) {
      return new Held(runtime + " runs gVisor");
    }
    String own = kernel.bootId();
    if (own == null || own.isEmpty() || nodeBootId.isEmpty()) {
      return noWord("the kernel is not gVisor, and whether it is the node's is not known");
    }
    return own.equals(nodeBootId.get())
        ? new Broken(
            Reason.KernelNotIsolated,
            runtime
                + " (handler "
                + subject.handler()
                + ") runs pods on the node's own kernel; name one whose handler is gVisor or a VM")
        : new Held(runtime + " runs a kernel of the sandbox's own");
  }

  private Finding cpu(CanaryReport.@Nullable Cpu cpu) {
    if (cpu == null || cpu.millicores() <= 0) {
      return noWord("nothing of the processor");
    }
    BigDecimal limit = subject.most("cpu", limits().cpu()).movePointRight(3);
    return BigDecimal.valueOf(cpu.millicores()).compareTo(limit.multiply(CPU_SLACK)) <= 0
        ? new Held("cpu is throttled")
        : new Broken(
            Reason.CpuUnlimited,
            "a canary limited to "
                + limits().cpu()
                + " got "
                + cpu.millicores()
                + "m of processor");
  }

  private Finding pids(CanaryReport.@Nullable Pids pids) {
    if (pids == null) {
      return noWord("nothing of processes");
    }
    if (pids.limited()) {
      return new Held("processes are bounded");
    }
    return pids.started() >= pids.asked()
        ? new Broken(
            Reason.PidsUnlimited, pids.started() + " processes ran where " + pids.limit() + " may")
        : noWord("the flood of processes ended: " + pids.ended());
  }

  private Finding network(CanaryReport.@Nullable Network network) {
    if (network == null || network.fault() != null || network.targets() == 0) {
      return noWord(network == null ? "nothing of the network" : "" + network.fault());
    }
    List<String> answered = network.answered();
    return answered == null || answered.isEmpty()
        ? new Held("refused by " + String.join(", ", subject.effective().denyTargets()))
        : new Broken(
            Reason.NetworkOpen,
            "a canary was answered by "
                + String.join(", ", answered)
                + ": the cluster's NetworkPolicies are not enforced");
  }

  private Finding egress(CanaryReport.@Nullable Egress egress) {
    if (egress == null || egress.status() == 0) {
      return noWord(
          "the egress proxy did not answer" + (egress == null ? "" : ": " + egress.error()));
    }
    return egress.status() == NO_CREDENTIAL
        ? new Held("the egress proxy at " + subject.effective().egressProxy() + " asks who calls")
        : new Broken(
            Reason.EgressBypassed,
            "the egress proxy answered HTTP "
                + egress.status()
                + " to a canary without a credential");
  }

  private Resources limits() {
    return subject.effective().resources();
  }

  static Untold noWord(String why) {
    return new Untold("the canary could not tell: " + why, false);
  }
}
