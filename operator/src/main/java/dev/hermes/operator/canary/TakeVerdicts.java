package dev.hermes.operator.canary;

import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec.Resources;
import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.Finding;
import dev.hermes.operator.sandboxpolicy.Finding.Broken;
import dev.hermes.operator.sandboxpolicy.Finding.Held;
import java.math.BigDecimal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the end of a pod proves that took more than it may; pure. */
record TakeVerdicts(CanarySubject subject, Ending ending) {
  /** What the sandbox's own kernel holds beyond its limit until it is killed. */
  private static final BigDecimal MEMORY_SLACK = new BigDecimal("1.25");

  private static final String EVICTED = "Evicted";

  Finding memory(CanaryReport.@Nullable Taken memory) {
    if (memory == null || stopped()) {
      return Verdicts.noWord(ending.said());
    }
    BigDecimal limit = subject.most("memory", limits().memory());
    BigDecimal taken = BigDecimal.valueOf(memory.taken());
    if (taken.compareTo(limit.multiply(MEMORY_SLACK)) > 0) {
      return new Broken(
          Reason.MemoryUnlimited,
          "a canary limited to " + limits().memory() + " took " + mebibytes(memory) + " of memory");
    }
    boolean refused = memory.refused() != null;
    boolean killed = !memory.done() && ending.exitCode() != 0;
    return (refused || killed) && taken.compareTo(limit.divide(BigDecimal.TWO)) >= 0
        ? new Held("memory is bounded")
        : Verdicts.noWord("it ended at " + mebibytes(memory) + " of memory: " + ending.said());
  }

  Finding disk(CanaryReport.@Nullable Taken disk) {
    if (evicted()) {
      return ending.said().toLowerCase(Locale.ROOT).contains("limit")
          ? new Held("disk is bounded")
          : Verdicts.noWord(ending.said());
    }
    if (disk != null && disk.refused() != null) {
      return new Held("disk is bounded");
    }
    return disk != null && disk.done()
        ? new Broken(
            Reason.DiskUnlimited,
            "a canary limited to " + limits().ephemeralStorage() + " kept " + mebibytes(disk))
        : Verdicts.noWord(ending.said());
  }

  private boolean evicted() {
    return EVICTED.equals(ending.why());
  }

  /** Ended by Kubernetes for another reason than what it took. */
  private boolean stopped() {
    return !ending.why().isEmpty();
  }

  private Resources limits() {
    return subject.effective().resources();
  }

  private static String mebibytes(CanaryReport.Taken taken) {
    return (taken.taken() >> 20) + "Mi";
  }
}
