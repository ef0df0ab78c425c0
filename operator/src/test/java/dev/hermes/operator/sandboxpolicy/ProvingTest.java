package dev.hermes.operator.sandboxpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Unknown;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProvingTest {
  private static final ConditionType TYPE = ConditionType.LimitsEnforced;
  private static final StepOutcome OTHERWISE = new Unknown(Reason.NotProbed, "no canary");
  private static final Finding HELD = new Finding.Held("held");
  private static final Finding BROKEN = new Finding.Broken(Reason.CpuUnlimited, "took all");

  private static StepOutcome of(Proofs proofs, List<Condition> before) {
    return new Proving(Optional.of(proofs), before)
        .outcome(TYPE, OTHERWISE, Check.CPU, Check.MEMORY);
  }

  private static Proofs proofs(boolean inherited, Map<Check, Finding> findings) {
    return new Proofs(true, inherited, findings);
  }

  private static List<Condition> before(String status, Reason reason) {
    return List.of(
        new ConditionBuilder()
            .withType(TYPE.name())
            .withStatus(status)
            .withReason(reason.name())
            .withMessage("as it was")
            .build());
  }

  private static void assertIs(StepOutcome outcome, Reason reason, boolean stops) {
    assertThat(outcome.reason()).isEqualTo(reason);
    assertThat(outcome.stops()).isEqualTo(stops);
  }

  @Test
  @DisplayName(
      "all checks held: proven; one broken: it stops sandboxes, though another is not made")
  void told() {
    Map<Check, Finding> all = Map.of(Check.CPU, HELD, Check.MEMORY, HELD);
    assertThat(of(proofs(false, all), List.of())).isEqualTo(new Ready(Reason.Proven, "held; held"));
    assertIs(of(proofs(false, Map.of(Check.CPU, BROKEN)), List.of()), Reason.CpuUnlimited, true);
    assertIs(of(proofs(false, all), before("False", Reason.CpuUnlimited)), Reason.Proven, false);
  }

  @Test
  @DisplayName("all that is broken is said, the first gives the reason")
  void severalBroken() {
    Finding other = new Finding.Broken(Reason.MemoryUnlimited, "was not killed");
    StepOutcome outcome =
        of(proofs(false, Map.of(Check.CPU, BROKEN, Check.MEMORY, other)), List.of());
    assertIs(outcome, Reason.CpuUnlimited, true);
    assertThat(outcome.message()).isEqualTo("took all; was not killed; no sandbox starts");
  }

  @Test
  @DisplayName("not looked yet: stops nothing, unless it was broken before")
  void probing() {
    Proofs half = proofs(false, Map.of(Check.CPU, HELD));
    assertIs(of(half, List.of()), Reason.Probing, false);
    assertIs(of(half, before("True", Reason.Proven)), Reason.Probing, false);
    assertIs(of(half, before("False", Reason.MemoryUnlimited)), Reason.MemoryUnlimited, true);
    assertThat(of(half, before("False", Reason.MemoryUnlimited)).message()).isEqualTo("as it was");
  }

  @Test
  @DisplayName("SBX-1 SBX-12 nothing starts before the kernel of its RuntimeClass was seen")
  void kernel() {
    assertIs(kernel(Proofs.none(false), List.of()), Reason.Probing, true);
    assertIs(
        kernel(
            proofs(false, Map.of(Check.KERNEL, new Finding.Untold("no image", false))), List.of()),
        Reason.CanaryFailed,
        true);
    assertIs(kernel(proofs(false, Map.of(Check.KERNEL, HELD)), List.of()), Reason.Proven, false);
    List<Condition> found = List.of(condition("True", ConditionType.RuntimeAvailable));
    assertIs(kernel(Proofs.none(true), found), Reason.RuntimeFound, false);
    assertIs(kernel(Proofs.none(false), found), Reason.Probing, true);
  }

  private static StepOutcome kernel(Proofs proofs, List<Condition> before) {
    return new Proving(Optional.of(proofs), before)
        .outcome(ConditionType.RuntimeAvailable, OTHERWISE, Check.KERNEL);
  }

  private static Condition condition(String status, ConditionType type) {
    return new ConditionBuilder()
        .withType(type.name())
        .withStatus(status)
        .withReason(Reason.RuntimeFound.name())
        .withMessage("as it was")
        .build();
  }

  @Test
  @DisplayName("over a restart a proof holds until the first canary has told")
  void inherited() {
    Proofs fresh = Proofs.none(true);
    assertThat(of(fresh, before("True", Reason.Proven)))
        .isEqualTo(new Ready(Reason.Proven, "as it was"));
    assertIs(of(fresh, before("Unknown", Reason.NotProbed)), Reason.Probing, false);
    assertIs(of(fresh, before("False", Reason.DiskUnlimited)), Reason.DiskUnlimited, true);
  }

  @Test
  @DisplayName("a canary that cannot run stops nothing at first, and all when it is overdue")
  void cannotRun() {
    Map<Check, Finding> silent =
        Map.of(Check.CPU, HELD, Check.MEMORY, new Finding.Untold("no image", false));
    assertIs(of(proofs(false, silent), List.of()), Reason.CanaryFailed, false);
    assertIs(
        of(proofs(false, silent), before("False", Reason.MemoryUnlimited)),
        Reason.MemoryUnlimited,
        true);
    Map<Check, Finding> overdue =
        Map.of(Check.CPU, HELD, Check.MEMORY, new Finding.Untold("no image", true));
    assertIs(of(proofs(false, overdue), List.of()), Reason.CanaryFailed, true);
  }

  @Test
  @DisplayName("turned off nothing is proven; with nothing to probe a failure stays")
  void nothing() {
    List<Condition> broken = before("False", Reason.CpuUnlimited);
    assertThat(of(Proofs.off(), broken)).isEqualTo(OTHERWISE);
    assertIs(
        new Proving(Optional.empty(), broken).outcome(TYPE, OTHERWISE, Check.CPU),
        Reason.CpuUnlimited,
        true);
    assertThat(new Proving(Optional.empty(), List.of()).outcome(TYPE, OTHERWISE, Check.CPU))
        .isEqualTo(OTHERWISE);
  }
}
