package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Canaries from the first pod to the condition; the test says how each pod ended. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class CanaryClusterIT {
  private static final String NAMESPACE = "hermes-system-canary";
  private static final String WELL =
      """
      {"check":"walls","kernel":{"gvisor":true},"cpu":{"millicores":255},\
      "pids":{"limit":32,"asked":192,"started":33,"limited":true},"network":{"targets":2}}\
      """;
  private static final String OPEN =
      WELL.replace("\"targets\":2", "\"targets\":2,\"answered\":[\"10.97.0.1:443\"]");
  private static final String MEMORY =
      "{\"check\":\"memory\",\"memory\":{\"asked\":536870912,\"taken\":209715200,\"done\":false}}";

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static NetCanaryServer canary;
  private static OperatorProcess operator;

  @BeforeAll
  static void start() {
    // canaries look at all policies there are: those of other tests would take their turns too
    cluster = Cluster.fresh();
    kubernetes = cluster.kubernetes();
    canary = new NetCanaryServer();
    operator = launch();
  }

  @AfterAll
  static void stop() {
    operator.close();
    canary.close();
    cluster.close();
  }

  private static OperatorProcess launch() {
    return cluster
        .operator(
            Map.of("HERMES_NETCANARY_URL", canary.url(), "HERMES_CANARY_INTERVAL_MINUTES", "60"))
        .awaitReady();
  }

  private static List<Pod> pods() {
    return kubernetes.pods().inNamespace(NAMESPACE).list().getItems();
  }

  /** The one canary there is, once it looks at this. */
  private static Pod await(String check) {
    return Awaitility.await("canary " + check)
        .atMost(Duration.ofSeconds(40))
        .until(
            CanaryClusterIT::pods,
            pods -> pods.size() == 1 && pods.getFirst().getMetadata().getName().endsWith(check))
        .getFirst();
  }

  private static void end(String check, PodStatus status) {
    Pod pod = await(check);
    pod.setStatus(status);
    kubernetes.resource(pod).patchStatus();
  }

  private static PodStatus ended(int exitCode, String reason, String report) {
    return new PodStatusBuilder()
        .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
        .addNewContainerStatus()
        .withName(Names.SANDBOX_CONTAINER)
        .withImage("image")
        .withImageID("image")
        .withReady(false)
        .withRestartCount(0)
        .withNewState()
        .withNewTerminated()
        .withExitCode(exitCode)
        .withReason(reason)
        .withMessage(report)
        .endTerminated()
        .endState()
        .endContainerStatus()
        .build();
  }

  private static void endWell() {
    end("walls", ended(0, "Completed", WELL));
    endLimitsWell();
  }

  private static void endLimitsWell() {
    end("memory", ended(128, "OOMKilled", MEMORY));
    end(
        "disk",
        new PodStatusBuilder()
            .withPhase("Failed")
            .withReason("Evicted")
            .withMessage("Usage of EmptyDir volume \"home\" exceeds the limit \"64Mi\". ")
            .build());
  }

  private static String unavailable(Tenant tenant) {
    return cluster.sql(
        "select coalesce(config #>> '{policies,0,unavailable}', 'none') from hermes.tenants"
            + " where cr_uid = ?",
        tenant.getMetadata().getUid());
  }

  @Test
  @DisplayName(
      "SBX proven, found open, still open after a crash in the middle of the next look, closed again")
  void life() {
    SandboxPolicy policy = kubernetes.resource(Cluster.policy("proven", "gvisor", 1)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant("proven", "proven")).create();
    await("walls");
    cluster.awaitReason(policy, ConditionType.NetworkPolicyEnforced, "Probing");
    cluster.awaitReason(policy, ConditionType.Ready, "Probing");
    Cluster.eventually("no kernel, no sandbox", () -> unavailable(tenant).equals("Probing"));
    wallsAreATenants(tenant);
    end("walls", ended(0, "Completed", WELL));
    cluster.awaitReason(policy, ConditionType.LimitsEnforced, "Probing");
    cluster.awaitReason(policy, ConditionType.Ready, "Ready");
    endLimitsWell();
    for (ConditionType type :
        List.of(
            ConditionType.RuntimeAvailable,
            ConditionType.LimitsEnforced,
            ConditionType.NetworkPolicyEnforced)) {
      cluster.awaitReason(policy, type, "Proven");
    }
    Cluster.eventually("no pod is left", () -> pods().isEmpty());
    assertThat(operator.metrics())
        .containsPattern("hermes_canary_result\\{check=\"network\",policy=\"proven\"\\} 1")
        .containsPattern("hermes_canary_age_seconds\\{policy=\"proven\"\\}");

    // another subject, and this time a forbidden place answers
    cluster.patch(policy, "{\"spec\":{\"resources\":{\"pids\":16}}}");
    end("walls", ended(0, "Completed", OPEN));
    cluster.awaitReason(policy, ConditionType.NetworkPolicyEnforced, "NetworkOpen");
    cluster.awaitReason(policy, ConditionType.Ready, "NetworkOpen");
    cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "NetworkOpen");
    Cluster.eventually("the API is told", () -> unavailable(tenant).equals("NetworkOpen"));

    await("memory");
    operator.kill();
    operator = launch();
    await("walls");
    cluster.awaitReason(policy, ConditionType.NetworkPolicyEnforced, "NetworkOpen");
    assertThat(unavailable(tenant)).isEqualTo("NetworkOpen");
    endWell();
    cluster.awaitReason(policy, ConditionType.NetworkPolicyEnforced, "Proven");
    cluster.awaitReason(policy, ConditionType.Ready, "Ready");
    Cluster.eventually("the API is told", () -> unavailable(tenant).equals("none"));
    Cluster.eventually("no pod is left", () -> pods().isEmpty());
  }

  /** What a canary proves, it proves of tenants: their namespaces and its own are alike. */
  private static void wallsAreATenants(Tenant tenant) {
    Namespace own = kubernetes.namespaces().withName(NAMESPACE).require();
    String name = Names.namespaceOf("proven", cluster.tenant(tenant).getStatus().tenantId());
    Namespace theirs = kubernetes.namespaces().withName(name).require();
    assertThat(own.getMetadata().getLabels())
        .containsEntry("pod-security.kubernetes.io/enforce", "restricted")
        .containsKey(Names.TENANT_ID);
    assertThat(own.getMetadata().getAnnotations().keySet())
        .containsAll(theirs.getMetadata().getAnnotations().keySet());
    assertThat(policies(NAMESPACE)).isEqualTo(policies(name)).isNotEmpty();
  }

  private static Map<String, Object> policies(String namespace) {
    return kubernetes
        .network()
        .v1()
        .networkPolicies()
        .inNamespace(namespace)
        .list()
        .getItems()
        .stream()
        .collect(
            Collectors.toMap(policy -> policy.getMetadata().getName(), NetworkPolicy::getSpec));
  }
}
