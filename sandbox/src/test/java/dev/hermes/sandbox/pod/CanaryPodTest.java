package dev.hermes.sandbox.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.Policies;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CanaryPodTest {
  private static final EffectivePolicy POLICY = Policies.other();
  private static final Pod CANARY =
      CanaryPod.desired(
          new CanaryPodRequest(
              "hermes-system-canary", "canary-1", "walls", POLICY, List.of("probe"), 90));

  @Test
  @DisplayName("a canary is a sandbox in everything but what runs in it, and has an end")
  void sameShape() {
    Pod sandbox =
        SandboxPod.desired(SandboxPodRequest.warm("t", "demo", "hermes-demo", POLICY, "key"));
    Container own = CANARY.getSpec().getContainers().getFirst();
    Container theirs = sandbox.getSpec().getContainers().getFirst();

    assertThat(CANARY.getSpec().getActiveDeadlineSeconds()).isEqualTo(90);
    assertThat(own.getArgs()).containsExactly("probe");
    assertThat(own.getStartupProbe()).isNull();
    assertThat(own.getReadinessProbe()).isNull();
    theirs.setArgs(own.getArgs());
    theirs.setStartupProbe(null);
    theirs.setReadinessProbe(null);
    theirs.setPorts(List.of());
    sandbox.getSpec().setActiveDeadlineSeconds(90L);
    assertThat(CANARY.getSpec()).isEqualTo(sandbox.getSpec());
  }

  @Test
  @DisplayName("it has no state, so that nobody can claim it and no pool counts it")
  void noState() {
    assertThat(CANARY.getMetadata().getLabels())
        .doesNotContainKey(Names.SANDBOX_STATE)
        .doesNotContainKey(Names.POLICY)
        .containsEntry(Names.CANARY, "walls")
        .containsEntry(Names.TENANT_ID, Names.CANARY_TENANT_ID);
    assertThat(CANARY.getMetadata().getName()).isEqualTo("canary-1");
  }
}
