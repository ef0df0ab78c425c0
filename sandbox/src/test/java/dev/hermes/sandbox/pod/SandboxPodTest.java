package dev.hermes.sandbox.pod;

import static dev.hermes.sandbox.Policies.KEYS;
import static dev.hermes.sandbox.Policies.TENANT_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.sandbox.Golden;
import dev.hermes.sandbox.Policies;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SandboxPodTest {
  private static final String NAMESPACE = "hermes-demo-0000abcd";

  private static Pod warm(EffectivePolicy policy) {
    return SandboxPod.desired(SandboxPodRequest.warm(TENANT_ID, "demo", NAMESPACE, policy, KEYS));
  }

  private static Pod cold(EffectivePolicy policy) {
    return SandboxPod.desired(
        SandboxPodRequest.claimed(TENANT_ID, "demo", NAMESPACE, policy, KEYS, "lease-1"));
  }

  @Test
  @DisplayName("a warm pod of the default policy")
  void warm() throws Exception {
    Golden.matches("pod-warm.yaml", Serialization.asYaml(warm(Policies.defaults())));
  }

  @Test
  @DisplayName(
      "a pod born claimed: its state, lease, deadline and when Python starts differ, nothing else")
  void claimed() throws Exception {
    Pod pod = cold(Policies.defaults());
    Golden.matches("pod-claimed.yaml", Serialization.asYaml(pod));
    assertThat(pod.getSpec().getActiveDeadlineSeconds()).isEqualTo(3600);
    pod.getSpec().setActiveDeadlineSeconds(null);
    assertThat(pod.getSpec().getContainers().getFirst().getArgs().removeLast())
        .isEqualTo("--warm-after=15s");
    assertThat(pod.getSpec()).isEqualTo(warm(Policies.defaults()).getSpec());
  }

  @Test
  @DisplayName("a pod of a policy that differs in every field")
  void other() throws Exception {
    Golden.matches("pod-other.yaml", Serialization.asYaml(cold(Policies.other())));
  }

  @Test
  @DisplayName("nothing of a call or a user is in the pod: no env, no token, no secret volume")
  void carriesNothing() {
    Pod pod = cold(Policies.other());
    assertThat(pod.getSpec().getContainers()).hasSize(1);
    var container = pod.getSpec().getContainers().getFirst();
    assertThat(container.getEnv()).isEmpty();
    assertThat(container.getEnvFrom()).isEmpty();
    assertThat(pod.getSpec().getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSpec().getHostUsers()).as("gVisor pods are refused with it").isNull();
    assertThat(pod.getSpec().getVolumes())
        .allSatisfy(volume ->
            assertThat(volume.getEmptyDir() != null || volume.getDownwardAPI() != null).isTrue());
  }

  @Test
  @DisplayName("the hash follows what shapes the pod, and only that")
  void hash() {
    EffectivePolicy policy = Policies.defaults();
    String hash = SandboxPod.policyHash(policy);
    assertThat(warm(policy).getMetadata().getAnnotations()).containsEntry(Names.POLICY_HASH, hash);
    assertThat(cold(policy).getMetadata().getAnnotations()).containsEntry(Names.POLICY_HASH, hash);
    assertThat(hash).matches("[0-9a-f]{32}");

    SandboxPolicySpec.Limits limits = policy.limits();
    var outer =
        new SandboxPolicySpec.Limits(
            limits.outputBytes(),
            limits.stderrBytes(),
            7,
            limits.execTimeoutSeconds(),
            77,
            777,
            limits.concurrentExecs());
    var inner =
        new SandboxPolicySpec.Limits(
            limits.outputBytes(),
            limits.stderrBytes(),
            limits.toolCallsPerRequest(),
            limits.execTimeoutSeconds() + 1,
            limits.idleTimeoutSeconds(),
            limits.maxLifetimeSeconds(),
            limits.concurrentExecs());
    assertThat(SandboxPod.policyHash(Policies.with(policy, outer, null))).isEqualTo(hash);
    assertThat(
            SandboxPod.policyHash(
                Policies.with(policy, null, new SandboxPolicySpec.Pool(9, 90, 900))))
        .isEqualTo(hash);
    assertThat(SandboxPod.policyHash(Policies.with(policy, inner, null))).isNotEqualTo(hash);
    assertThat(SandboxPod.policyHash(Policies.other())).isNotEqualTo(hash);
  }

  @Test
  @DisplayName("a request is claimed exactly when it names its claim")
  void inconsistent() {
    for (var state : SandboxPodRequest.State.values()) {
      Optional<SandboxPodRequest.Claim> wrong =
          state == SandboxPodRequest.State.WARM
              ? Optional.of(new SandboxPodRequest.Claim("lease-1"))
              : Optional.empty();
      assertThatThrownBy(() ->
              new SandboxPodRequest(
                  TENANT_ID, "demo", NAMESPACE, Policies.defaults(), state, KEYS, wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(List.of(SandboxPodRequest.State.values())).hasSize(2);
  }
}
