package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.kube.Conditions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Pods come and go with what a tenant declares and what the cluster offers; no kubelet runs them.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class WorkloadClusterIT {
  private static final Duration HALF_A_MINUTE = Duration.ofSeconds(30);

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static NetCanaryServer canary;
  private static OperatorProcess operator;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
    canary = new NetCanaryServer();
    operator = cluster.operator(Map.of("HERMES_NETCANARY_URL", canary.url())).awaitReady();
  }

  @AfterAll
  static void stop() {
    operator.close();
    canary.close();
  }

  private static List<Pod> pods(Tenant tenant) {
    return kubernetes
        .pods()
        .inAnyNamespace()
        .withLabel(Names.TENANT, tenant.getMetadata().getName())
        .list()
        .getItems();
  }

  private static void awaitPods(Tenant tenant, int count) {
    Awaitility.await(count + " pods of " + tenant.getMetadata().getName())
        .atMost(HALF_A_MINUTE)
        .until(() -> pods(tenant).size() == count);
  }

  /** What a kubelet says when the start gate has let the sandbox through. */
  private static void passStartGate(Tenant tenant) {
    for (Pod pod : pods(tenant)) {
      pod.setStatus(
          new PodStatusBuilder()
              .withPhase("Running")
              .addNewCondition()
              .withType("Ready")
              .withStatus("True")
              .endCondition()
              .build());
      kubernetes.resource(pod).patchStatus();
    }
  }

  @Test
  @DisplayName(
      "K8S-12 suspend: no workload is left and the state shows; resume: the declared set within 30 s")
  void suspend() {
    kubernetes.resource(Cluster.policy("pause", "gvisor", 2)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant("pause", "pause")).create();
    awaitPods(tenant, 2);
    passStartGate(tenant);
    cluster.awaitReady(tenant);

    cluster.patch(tenant, "{\"spec\":{\"suspended\":true}}");
    awaitPods(tenant, 0);
    cluster.awaitReason(tenant, ConditionType.Suspended, "Suspended");
    cluster.awaitReason(tenant, ConditionType.Ready, "Suspended");
    assertThat(
            cluster.sql(
                "select state from hermes.tenants where cr_uid = ?", tenant.getMetadata().getUid()))
        .isEqualTo("suspended");

    cluster.patch(tenant, "{\"spec\":{\"suspended\":false}}");
    awaitPods(tenant, 2);
    passStartGate(tenant);
    cluster.awaitReady(tenant);
    assertThat(
            Conditions.find(
                cluster.tenant(tenant).getStatus().conditions(), ConditionType.Suspended))
        .isEmpty();
  }

  @Test
  @DisplayName(
      "SBX/K8S a RuntimeClass goes: policy and tenant say so and no pod is made; it comes back: healed")
  void runtimeClass() {
    RuntimeClass runtime = kubernetes.resource(Cluster.runtimeClass("fleeting")).create();
    SandboxPolicy policy = kubernetes.resource(Cluster.policy("fleeting", "fleeting", 1)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant("fleeting", "fleeting")).create();
    awaitPods(tenant, 1);
    passStartGate(tenant);
    cluster.awaitReady(tenant);

    kubernetes.resource(runtime).delete();
    Cluster.eventually(
        "RuntimeAvailable=False", () -> reason(policy).equals("False RuntimeClassMissing"));
    cluster.awaitReason(tenant, ConditionType.Ready, "RuntimeClassMissing");
    pods(tenant).forEach(pod -> kubernetes.resource(pod).withGracePeriod(0).delete());
    Awaitility.await("no pod for two turns of the pool")
        .during(Duration.ofSeconds(5))
        .atMost(Duration.ofSeconds(10))
        .until(() -> pods(tenant).isEmpty());

    kubernetes.resource(Cluster.runtimeClass("fleeting")).create();
    Cluster.eventually("RuntimeAvailable=True", () -> reason(policy).equals("True RuntimeFound"));
    awaitPods(tenant, 1);
    passStartGate(tenant);
    cluster.awaitReady(tenant);
  }

  private static String reason(SandboxPolicy policy) {
    return Conditions.find(
            kubernetes.resource(policy).get().getStatus().conditions(),
            ConditionType.RuntimeAvailable)
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .orElse("");
  }
}
