package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import dev.hermes.operator.testing.Fixtures;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PoolStepTest {
  private static final Predicate<String> NEVER = policy -> false;

  private static ResolvedPolicy policy(EffectivePolicy effective) {
    StepOutcome ready = new StepOutcome.Ready(Reason.Accepted, "");
    return new ResolvedPolicy(
        effective,
        ready,
        ready,
        ready,
        ready,
        ready,
        Map.of(),
        List.of(),
        java.util.Optional.empty());
  }

  private static Pod pod(String policy, String state, String ready) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .addToLabels(Names.POLICY, policy)
        .addToLabels(Names.SANDBOX_STATE, state)
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready)
        .endCondition()
        .endStatus()
        .build();
  }

  @Test
  @DisplayName("one Ready pod proves the walls, whoever has it")
  void ready() {
    List<ResolvedPolicy> policies = List.of(policy(Fixtures.policy("default", 2, 10)));

    assertThat(PoolStep.judge(policies, List.of(pod("default", "warm", "True")), NEVER).isReady())
        .isTrue();
    assertThat(
            PoolStep.judge(policies, List.of(pod("default", "claimed", "True")), NEVER).isReady())
        .isTrue();
    assertThat(PoolStep.judge(policies, List.of(pod("default", "warm", "False")), NEVER).reason())
        .isEqualTo(Reason.WaitingForPods);
    assertThat(PoolStep.judge(policies, List.of(pod("other", "warm", "True")), NEVER).reason())
        .isEqualTo(Reason.WaitingForPods);
  }

  @Test
  @DisplayName("a policy without warm pods needs none")
  void noWarm() {
    assertThat(
            PoolStep.judge(List.of(policy(Fixtures.policy("default", 0, 10))), List.of(), NEVER)
                .isReady())
        .isTrue();
  }

  @Test
  @DisplayName("a pool at rest leaves its tenant Ready; without that leave no pod means not Ready")
  void atRest() {
    List<ResolvedPolicy> policies =
        List.of(policy(Fixtures.policy("default", 1, 10)), policy(Fixtures.policy("big", 1, 10)));

    assertThat(PoolStep.judge(policies, List.of(), name -> true).isReady()).isTrue();
    assertThat(PoolStep.judge(policies, List.of(), "big"::equals).message()).contains("default");
  }

  @Test
  @DisplayName("an unavailable policy says why")
  void unavailable() {
    assertThat(
            PoolStep.judge(
                    List.of(policy(Fixtures.policy("default", 0, 10, "CanaryUnreachable"))),
                    List.of(),
                    NEVER)
                .reason())
        .isEqualTo(Reason.CanaryUnreachable);
  }
}
