package dev.hermes.sandbox.agent;

import static dev.hermes.sandbox.Policies.KEYS;
import static dev.hermes.sandbox.Policies.TENANT_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.Names;
import dev.hermes.sandbox.Golden;
import dev.hermes.sandbox.Policies;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AgentPoolTest {
  private static final SandboxPodRequest REQUEST =
      SandboxPodRequest.warm(TENANT_ID, "demo", "hermes-demo-0000abcd", Policies.defaults(), KEYS);

  @Test
  void template() throws Exception {
    Golden.matches("agent-template.yaml", Serialization.asYaml(AgentPool.template(REQUEST)));
  }

  @Test
  void pool() throws Exception {
    Golden.matches("agent-pool.yaml", Serialization.asYaml(AgentPool.pool(REQUEST, 2)));
  }

  @Test
  @DisplayName("SBX-18 the pod is ours to the letter, but for what only a claim may set")
  void samePod() {
    PodTemplateSpec template = SandboxPod.template(REQUEST);

    assertThat(template.getSpec()).isEqualTo(SandboxPod.desired(REQUEST).getSpec());
    assertThat(template.getMetadata().getAnnotations()).isEmpty();
    assertThat(template.getMetadata().getLabels())
        .containsEntry(Names.TENANT_ID, TENANT_ID)
        .doesNotContainKey(Names.SANDBOX_STATE);
  }

  @Test
  @DisplayName("a template of a claimed pod would hand one user's pod to all")
  void unclaimed() {
    SandboxPodRequest claimed =
        SandboxPodRequest.claimed(
            TENANT_ID, "demo", "hermes-demo-0000abcd", Policies.defaults(), KEYS, "lease-1");

    assertThatThrownBy(() -> AgentPool.template(claimed))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
