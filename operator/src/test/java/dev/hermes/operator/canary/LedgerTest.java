package dev.hermes.operator.canary;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.Check;
import dev.hermes.operator.sandboxpolicy.Finding;
import dev.hermes.operator.sandboxpolicy.Finding.Broken;
import dev.hermes.operator.sandboxpolicy.Finding.Held;
import dev.hermes.operator.sandboxpolicy.Finding.Untold;
import dev.hermes.operator.testing.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final Instant NOW = Fixtures.NOW;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final CanarySubject A = CanaryFixtures.closed();
  private static final CanarySubject B = CanaryFixtures.open();
  private static final Finding HELD = new Held("well");
  private static final Finding BROKEN = new Broken(Reason.NetworkOpen, "open");
  private static final Finding UNTOLD = new Untold("no word", false);

  private final Ledger ledger = new Ledger(HOUR);

  private Finding after(Finding finding, Instant at) {
    ledger.add(A, Map.of(Check.NETWORK, finding), false, at);
    return ledger.proofs(A).findings().get(Check.NETWORK);
  }

  @Test
  @DisplayName("what is new is looked at first, then what was looked at longest ago")
  void order() {
    ledger.want(List.of(A, B), NOW);
    after(HELD, NOW);
    ledger.finished(A.key(), NOW);
    assertThat(ledger.due(List.of(A, B), NOW)).contains(B);
    ledger.finished(B.key(), NOW.plusSeconds(60));
    assertThat(ledger.due(List.of(A, B), NOW.plusSeconds(3599))).isEmpty();
    assertThat(ledger.due(List.of(A, B), NOW.plus(HOUR).plusSeconds(60))).contains(A);
  }

  @Test
  @DisplayName("what is not well is looked at again soon")
  void soon() {
    ledger.want(List.of(A), NOW);
    after(BROKEN, NOW);
    ledger.finished(A.key(), NOW);
    assertThat(ledger.due(List.of(A), NOW.plus(Ledger.AGAIN).minusSeconds(1))).isEmpty();
    assertThat(ledger.due(List.of(A), NOW.plus(Ledger.AGAIN))).contains(A);
  }

  @Test
  @DisplayName("a canary that cannot tell does not heal what was broken; one that saw it hold does")
  void staysBroken() {
    ledger.want(List.of(A), NOW);
    assertThat(after(BROKEN, NOW)).isEqualTo(BROKEN);
    assertThat(after(UNTOLD, NOW)).isEqualTo(BROKEN);
    assertThat(after(HELD, NOW)).isEqualTo(HELD);
    assertThat(after(UNTOLD, NOW)).as("not proven any more").isEqualTo(UNTOLD);
  }

  @Test
  @DisplayName("without a word for a quarter of an hour it counts as broken, unless nodes are full")
  void overdue() {
    ledger.want(List.of(A), NOW);
    assertThat(after(UNTOLD, NOW.plus(Ledger.OVERDUE).minusSeconds(1))).isEqualTo(UNTOLD);
    Instant late = NOW.plus(Ledger.OVERDUE);
    ledger.add(A, Map.of(Check.NETWORK, UNTOLD), true, late);
    assertThat(ledger.proofs(A).findings().get(Check.NETWORK))
        .as("no room for it")
        .isEqualTo(UNTOLD);
    assertThat(after(UNTOLD, late)).isEqualTo(new Untold("no word", true));
  }

  @Test
  @DisplayName("SBX-1 what a handler runs is known for every policy that names it")
  void kernel() {
    ledger.want(List.of(A), NOW);
    ledger.add(A, Map.of(Check.KERNEL, HELD, Check.CPU, HELD), false, NOW);
    ledger.want(List.of(B), NOW);
    assertThat(ledger.proofs(B).findings()).isEqualTo(Map.of(Check.KERNEL, HELD));
    CanarySubject other = CanaryFixtures.subject(SandboxPolicySpec.defaults(), "runc");
    assertThat(ledger.proofs(other).findings()).as("another handler").isEmpty();
  }

  @Test
  @DisplayName(
      "what was found is forgotten with the policy, and an earlier process's proof is told")
  void wanted() {
    assertThat(ledger.proofs(A).inherited()).as("before the first list").isTrue();
    ledger.want(List.of(A), NOW);
    after(HELD, NOW);
    assertThat(ledger.proofs(A).inherited()).isTrue();
    ledger.want(List.of(B), NOW);
    assertThat(ledger.proofs(A).findings()).isEmpty();
    assertThat(ledger.proofs(B).inherited()).as("came later").isFalse();
    assertThat(ledger.add(A, Map.of(Check.NETWORK, HELD), false, NOW)).isFalse();
  }
}
