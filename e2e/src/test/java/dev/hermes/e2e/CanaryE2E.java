package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is wrong with a cluster is seen by the canaries, said, and stops new sandboxes. */
class CanaryE2E {
  private static final String NAMESPACE = Cluster.SYSTEM + "-canary";

  /** Until a kubelet has counted what a canary wrote, and the turn is ours. */
  static final Duration PATIENCE = Duration.ofMinutes(6);

  private static final Cluster CLUSTER = Cluster.get();

  @AfterEach
  void noPodIsLeft() {
    await("no canary runs")
        .atMost(PATIENCE)
        .until(() -> CLUSTER.admin().pods().inNamespace(NAMESPACE).list().getItems().isEmpty());
  }

  private static SandboxPolicySpec spec(String runtimeClass, int pids) {
    var d = SandboxPolicySpec.defaults();
    return new SandboxPolicySpec(
        runtimeClass,
        d.image(),
        d.tools(),
        new SandboxPolicySpec.Resources("1", "256Mi", "64Mi", pids),
        d.limits(),
        d.pool(),
        d.network(),
        Backend.Pod);
  }

  private static SandboxPolicy policy(SandboxPolicySpec spec) {
    var policy = new SandboxPolicy();
    policy.setMetadata(
        new ObjectMetaBuilder()
            .withName("canary-" + UUID.randomUUID().toString().substring(0, 6))
            .build());
    policy.setSpec(spec);
    return policy;
  }

  private static Temporary<SandboxPolicy> create(SandboxPolicySpec spec) {
    return Temporary.create(policy(spec), CanaryE2E::conditions);
  }

  private static List<Condition> conditions(SandboxPolicy policy) {
    return policy.getStatus() == null ? List.of() : policy.getStatus().conditions();
  }

  static String of(SandboxPolicy policy, String type) {
    return conditions(policy).stream()
        .filter(condition -> condition.getType().equals(type))
        .map(condition -> condition.getStatus() + "/" + condition.getReason())
        .findFirst()
        .orElse("none");
  }

  private static String message(SandboxPolicy policy, String type) {
    return conditions(policy).stream()
        .filter(condition -> condition.getType().equals(type))
        .map(Condition::getMessage)
        .findFirst()
        .orElse("");
  }

  private static void awaitCondition(String policy, String type, String expected) {
    await(policy + " " + type + " " + expected)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () ->
                of(CLUSTER.admin().resources(SandboxPolicy.class).withName(policy).require(), type),
            expected::equals);
  }

  private static void awaitProven(String policy, String... types) {
    for (var type : types) {
      awaitCondition(policy, type, "True/Proven");
    }
  }

  private static RuntimeClass runtimeClass(String name, String handler) {
    return new RuntimeClassBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withHandler(handler)
        .withNewOverhead()
        .addToPodFixed("memory", new Quantity("32Mi"))
        .endOverhead()
        .build();
  }

  @Test
  @DisplayName("SBX-1 SBX-7 SBX-8 control: on this node all walls are proven, with a way out too")
  void proven() {
    var d = spec("gvisor", 24);
    var network = new SandboxPolicySpec.Network(List.of("index.example.com:443"), false);
    try (var policy = create(d.withNetwork(network))) {
      var name = policy.live().getMetadata().getName();
      awaitProven(
          name, "RuntimeAvailable", "NetworkPolicyEnforced", "EgressEnforced", "LimitsEnforced");
      awaitCondition(name, "Ready", "True/Ready");
    }
  }

  @Test
  @DisplayName("SBX-12 a RuntimeClass that is runc: seen, and no sandbox ever starts")
  void nodesKernel() {
    var plain = CLUSTER.admin().resource(runtimeClass("canary-plain", "runc"));
    plain.create();
    try (var tenant = TestTenant.apply("plain", spec("canary-plain", 24))) {
      awaitCondition(tenant.name(), "RuntimeAvailable", "False/KernelNotIsolated");
      awaitCondition(tenant.name(), "Ready", "False/KernelNotIsolated");
      tenant.awaitKey("app");
      var answer = tenant.api().chat("", "```python\nprint('R' + 'AN')\n```");
      assertThat(answer.body()).doesNotContain("RAN");
      assertThat(tenant.api().post("/v1/sandboxes", "{}").body()).contains("KernelNotIsolated");
      assertThat(tenant.sandboxes()).isEmpty();
    } finally {
      plain.delete();
    }
  }

  @Test
  @DisplayName("SBX-7 a runtime that bounds nothing: seen, and no sandbox starts")
  void unbounded() {
    var unbounded = CLUSTER.admin().resource(runtimeClass("canary-unbounded", "runsc-unbounded"));
    unbounded.create();
    try (var policy = create(spec("canary-unbounded", 24))) {
      var name = policy.live().getMetadata().getName();
      awaitCondition(name, "RuntimeAvailable", "True/Proven");
      awaitCondition(name, "LimitsEnforced", "False/CpuUnlimited");
      await("memory beyond its limit")
          .atMost(PATIENCE)
          .until(() -> message(policy.live(), "LimitsEnforced").contains("of memory"));
      await("not Ready")
          .atMost(Duration.ofSeconds(10))
          .until(() -> of(policy.live(), "Ready").startsWith("False/"));
    } finally {
      unbounded.delete();
    }
  }

  @Test
  @DisplayName("SBX-8 NetworkPolicies that nobody enforces: seen, said, and over when it is over")
  void networkOpen() throws Exception {
    try (var policy = create(spec("gvisor", 25))) {
      var name = policy.live().getMetadata().getName();
      awaitProven(name, "NetworkPolicyEnforced");
      var enforcer = CLUSTER.nodeProgram("netpol");
      signal("STOP", enforcer);
      try {
        policy.patch("{\"spec\":{\"resources\":{\"pids\":26}}}");
        awaitCondition(name, "NetworkPolicyEnforced", "False/NetworkOpen");
        awaitCondition(name, "Ready", "False/NetworkOpen");
        // what else there is to see was seen, so that every run records the same
        awaitProven(name, "LimitsEnforced");
        new Recording(name).record("sandboxpolicy-network-open", policy.live());
      } finally {
        signal("CONT", enforcer);
      }
      policy.patch("{\"spec\":{\"resources\":{\"pids\":27}}}");
      awaitProven(name, "NetworkPolicyEnforced");
      awaitCondition(name, "Ready", "True/Ready");
    }
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  @Test
  @DisplayName("SBX-12 among the canaries only the operator makes pods, and none to be claimed")
  void closedToOthers() {
    try (var policy = create(spec("gvisor", 28));
        var operator = CLUSTER.as("hermes-operator");
        var api = CLUSTER.as("hermes-api")) {
      var pod = aCanary();
      assertThat(operator.resource(pod).dryRun().create()).as("control").isNotNull();
      assertThatThrownBy(() -> CLUSTER.admin().resource(pod).dryRun().create())
          .as("a cluster admin")
          .hasMessageContaining("[14] in the namespace of canaries only the Hermes operator");
      assertThatThrownBy(() -> api.resource(pod).dryRun().create())
          .as("the API has no right there")
          .hasMessageContaining("forbidden");
      pod.getMetadata().getLabels().put(Names.SANDBOX_STATE, Names.WARM);
      assertThatThrownBy(() -> operator.resource(pod).dryRun().create())
          .as("one that could be claimed")
          .hasMessageContaining("[14]");
    }
  }

  /** A pod of the operator's as it was created, under another name. */
  private static Pod aCanary() {
    var pods = CLUSTER.admin().pods().inNamespace(NAMESPACE);
    var live =
        await("a canary")
            .atMost(PATIENCE)
            .until(() -> pods.list().getItems().stream().findFirst(), Optional::isPresent)
            .orElseThrow();
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(NAMESPACE)
        .withName("mine")
        .withLabels(new HashMap<>(live.getMetadata().getLabels()))
        .endMetadata()
        .withSpec(
            new PodSpecBuilder(live.getSpec())
                .withNodeName(null)
                .withPriority(null)
                .withPreemptionPolicy(null)
                .withOverhead(null)
                .withTolerations()
                .build())
        .build();
  }
}
