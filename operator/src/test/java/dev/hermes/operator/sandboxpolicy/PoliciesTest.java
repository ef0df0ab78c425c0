package dev.hermes.operator.sandboxpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.sandboxpolicy.SandboxPolicyStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.operator.testing.Golden;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import java.util.List;
import java.util.Map;
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
            spec.pool(),
            spec.network(),
            Backend.Pod));
    return policy;
  }

  private static Policies policies(RuntimeClass found, DenyTargets targets, String image) {
    return new Policies(
        name -> Optional.ofNullable(found),
        () -> targets,
        EgressProxy.Disabled::new,
        AgentSandboxApi.Disabled::new,
        subject -> Proofs.off(),
        Optional.ofNullable(image),
        false);
  }

  private static Policies withProxy(EgressProxy proxy) {
    return new Policies(
        name -> Optional.of(GVISOR),
        () -> KNOWN,
        () -> proxy,
        AgentSandboxApi.Disabled::new,
        subject -> Proofs.off(),
        Optional.of(Fixtures.IMAGE),
        false);
  }

  private static SandboxPolicy open(SandboxPolicySpec.Network network) {
    SandboxPolicy policy = policy(null);
    policy.setSpec(policy.getSpec().withNetwork(network));
    return policy;
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

  private static Policies with(AgentSandboxApi agentSandbox) {
    return new Policies(
        name -> Optional.of(GVISOR),
        () -> KNOWN,
        EgressProxy.Disabled::new,
        () -> agentSandbox,
        subject -> Proofs.off(),
        Optional.of(Fixtures.IMAGE),
        false);
  }

  private static SandboxPolicy agentSandboxPolicy() {
    SandboxPolicy policy = policy(null);
    policy.setSpec(policy.getSpec().withBackend(Backend.AgentSandbox));
    return policy;
  }

  @Test
  @DisplayName("SBX-18 without the kinds of agent-sandbox such a policy stalls and names them")
  void backendMissing() {
    AgentSandboxApi missing =
        new AgentSandboxApi.Missing(List.of("sandboxclaims.extensions.agents.x-k8s.io/v1beta1"));

    SandboxPolicyStatus status = status(with(missing), agentSandboxPolicy());

    assertThat(reason(status, ConditionType.RuntimeAvailable)).isEqualTo("BackendMissing");
    assertThat(reason(status, ConditionType.Ready)).isEqualTo("BackendMissing");
    assertThat(reason(status, ConditionType.Stalled)).isEqualTo("BackendMissing");
    assertThat(Conditions.find(status.conditions(), ConditionType.RuntimeAvailable))
        .get()
        .extracting(Condition::getMessage)
        .asString()
        .contains("sandboxclaims.extensions.agents.x-k8s.io/v1beta1", "v0.5.0");
    assertThat(with(missing).resolve(agentSandboxPolicy()).effective().unavailable())
        .isEqualTo("BackendMissing");
  }

  @Test
  @DisplayName("SBX-18 what the chart did not switch on is not used, whatever the cluster serves")
  void backendDisabled() {
    assertThat(
            with(new AgentSandboxApi.Disabled()).resolve(agentSandboxPolicy()).runtime().message())
        .contains("agentSandbox.enabled");
  }

  @Test
  @DisplayName("SBX-18 with the kinds it is a policy like any other, and so is one of our own pods")
  void backendServed() {
    assertThat(with(new AgentSandboxApi.Served()).resolve(agentSandboxPolicy()).effective())
        .satisfies(policy -> {
          assertThat(policy.unavailable()).isNull();
          assertThat(policy.backend()).isEqualTo(Backend.AgentSandbox);
        });
    assertThat(with(new AgentSandboxApi.Disabled()).resolve(policy(null)).effective().unavailable())
        .isNull();
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
            new Policies(
                    name -> Optional.of(GVISOR),
                    () -> KNOWN,
                    EgressProxy.Disabled::new,
                    AgentSandboxApi.Disabled::new,
                    subject -> Proofs.off(),
                    Optional.empty(),
                    true)
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

  @Test
  @DisplayName("SBX-8 a way out without a proxy: no sandbox starts, and the policy says why")
  void noProxy() {
    SandboxPolicy policy =
        open(new SandboxPolicySpec.Network(List.of("index.example.com:443"), false));
    for (var expected :
        Map.of(
                "EgressDisabled",
                new EgressProxy.Disabled(),
                "EgressProxyMissing",
                new EgressProxy.Missing("Service x/y does not exist"))
            .entrySet()) {
      Policies policies = withProxy(expected.getValue());
      SandboxPolicyStatus status = status(policies, policy);

      assertThat(reason(status, ConditionType.EgressEnforced)).isEqualTo(expected.getKey());
      assertThat(reason(status, ConditionType.Ready)).isEqualTo(expected.getKey());
      EffectivePolicy effective = policies.resolve(policy).effective();
      assertThat(effective.unavailable()).isEqualTo(expected.getKey());
      assertThat(effective.egressProxy()).isNull();
    }
  }

  @Test
  @DisplayName("a policy without a way out needs no proxy, and is told of none")
  void closed() {
    SandboxPolicyStatus status =
        status(withProxy(new EgressProxy.Disabled()), open(SandboxPolicySpec.Network.none()));

    assertThat(reason(status, ConditionType.Ready)).isEqualTo("Ready");
    assertThat(reason(status, ConditionType.EgressEnforced)).isEqualTo("NotRequired");
    assertThat(
            withProxy(new EgressProxy.At("10.96.0.31:3128"))
                .resolve(open(SandboxPolicySpec.Network.none()))
                .effective()
                .egressProxy())
        .isNull();
  }

  @Test
  @DisplayName(
      "with the proxy there the policy is Ready and names its address; so does a call-back")
  void proxy() {
    Policies policies = withProxy(new EgressProxy.At("10.96.0.31:3128"));
    for (SandboxPolicySpec.Network network :
        List.of(
            new SandboxPolicySpec.Network(List.of("index.example.com:443"), false),
            new SandboxPolicySpec.Network(List.of(), true))) {
      SandboxPolicyStatus status = status(policies, open(network));

      assertThat(reason(status, ConditionType.Ready)).isEqualTo("Ready");
      assertThat(reason(status, ConditionType.EgressEnforced)).isEqualTo("NotProbed");
      EffectivePolicy effective = policies.resolve(open(network)).effective();
      assertThat(effective.egressProxy()).isEqualTo("10.96.0.31:3128");
      assertThat(effective.network()).isEqualTo(network);
      assertThat(effective.unavailable()).isNull();
    }
  }

  @Test
  @DisplayName("the proxy's address is its Service's ClusterIP; without one it is missing")
  void service() {
    Service service =
        new ServiceBuilder()
            .withNewSpec()
            .withClusterIP("10.96.0.31")
            .addNewPort()
            .withPort(3128)
            .endPort()
            .endSpec()
            .build();
    assertThat(EgressService.of("hermes-system", "hermes-egress", service))
        .isEqualTo(new EgressProxy.At("10.96.0.31:3128"));
    service.getSpec().setClusterIP("fd00::7");
    assertThat(EgressService.of("hermes-system", "hermes-egress", service))
        .isEqualTo(new EgressProxy.At("[fd00::7]:3128"));
    service.getSpec().setClusterIP("None");
    assertThat(EgressService.of("hermes-system", "hermes-egress", service))
        .isInstanceOf(EgressProxy.Missing.class);
    assertThat(EgressService.of("hermes-system", "hermes-egress", null))
        .isEqualTo(new EgressProxy.Missing("Service hermes-system/hermes-egress does not exist"));
  }
}
