package dev.hermes.operator.sandboxpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.sandboxpolicy.SandboxPolicyStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.operator.testing.Golden;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PoliciesTest {
  private static final DenyTargets KNOWN =
      new DenyTargets(List.of("10.96.0.1:443", "10.96.7.7:8080"), Optional.empty());
  private static final RuntimeClass GVISOR =
      new RuntimeClassBuilder()
          .withNewMetadata()
          .withName("gvisor")
          .endMetadata()
          .withNewOverhead()
          .addToPodFixed("cpu", new Quantity("10m"))
          .endOverhead()
          .withNewScheduling()
          .addToNodeSelector("runtime", "gvisor")
          .addNewToleration("NoSchedule", "gvisor", "Equal", null, "true")
          .addNewToleration(null, "any", "Exists", null, null)
          .endScheduling()
          .build();

  private static SandboxPolicy policy(String image) {
    SandboxPolicySpec spec = SandboxPolicySpec.defaults();
    SandboxPolicy policy = new SandboxPolicy();
    policy.setMetadata(new ObjectMetaBuilder().withName("default").withGeneration(2L).build());
    policy.setSpec(
        new SandboxPolicySpec(
            spec.runtimeClassName(),
            image,
            spec.tools(),
            spec.resources(),
            spec.limits(),
            spec.pool()));
    return policy;
  }

  private static Policies policies(RuntimeClass found, DenyTargets targets, String image) {
    return new Policies(
        name -> Optional.ofNullable(found), () -> targets, Optional.ofNullable(image), false);
  }

  private static SandboxPolicyStatus status(Policies policies, SandboxPolicy policy) {
    return PolicyStatus.of(
        policy, policies.resolve(policy), new PolicyCounts(3, 2, 1), Fixtures.NOW);
  }

  private static String reason(SandboxPolicyStatus status, ConditionType type) {
    return Conditions.find(status.conditions(), type).orElseThrow().getReason();
  }

  @Test
  void ready() {
    Golden.matches(
        "sandboxpolicy/status-ready",
        status(policies(GVISOR, KNOWN, Fixtures.IMAGE), policy(null)));
  }

  @Test
  void effective() {
    Golden.matches(
        "sandboxpolicy/effective",
        policies(GVISOR, KNOWN, Fixtures.IMAGE).resolve(policy(null)).effective());
  }

  @Test
  @DisplayName("scheduling of the RuntimeClass is written as admission reads it")
  void scheduling() {
    assertThat(policies(GVISOR, KNOWN, Fixtures.IMAGE).resolve(policy(null)).scheduling())
        .containsExactly("any:", "gvisor=true:NoSchedule", "runtime=gvisor");
  }

  @Test
  @DisplayName("a missing RuntimeClass stalls the policy; there is no fallback")
  void noRuntime() {
    SandboxPolicyStatus status = status(policies(null, KNOWN, Fixtures.IMAGE), policy(null));

    assertThat(reason(status, ConditionType.Ready)).isEqualTo("RuntimeClassMissing");
    assertThat(reason(status, ConditionType.Stalled)).isEqualTo("RuntimeClassMissing");
    assertThat(
            policies(null, KNOWN, Fixtures.IMAGE).resolve(policy(null)).effective().unavailable())
        .isEqualTo("RuntimeClassMissing");
  }

  @Test
  @DisplayName("an image by tag is refused unless the platform allows tags")
  void tag() {
    assertThat(
            reason(
                status(policies(GVISOR, KNOWN, null), policy("registry.example/x:1")),
                ConditionType.Accepted))
        .isEqualTo("ImageNotPinned");
    assertThat(
            new Policies(name -> Optional.of(GVISOR), () -> KNOWN, Optional.empty(), true)
                .resolve(policy("registry.example/x:1"))
                .accepted()
                .isReady())
        .isTrue();
  }

  @Test
  void noImage() {
    assertThat(policies(GVISOR, KNOWN, null).resolve(policy(null)).accepted().reason())
        .isEqualTo(Reason.ImageMissing);
  }

  @Test
  @DisplayName("without an answer of the canary no sandbox starts, and the policy says so")
  void canary() {
    DenyTargets silent = new DenyTargets(List.of(), Optional.of("no answer"));
    SandboxPolicyStatus status = status(policies(GVISOR, silent, Fixtures.IMAGE), policy(null));

    assertThat(reason(status, ConditionType.NetworkPolicyEnforced)).isEqualTo("CanaryUnreachable");
    assertThat(reason(status, ConditionType.Ready)).isEqualTo("CanaryUnreachable");
    assertThat(Conditions.find(status.conditions(), ConditionType.Stalled)).isEmpty();
  }
}
