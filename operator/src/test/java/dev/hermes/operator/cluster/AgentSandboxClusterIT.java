package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.sandbox.agent.AgentSandbox;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * SBX-18: policies whose pods the controller of agent-sandbox makes. The test is that controller;
 * one story, told in order, in a cluster of its own, since kinds of a cluster come and go in it.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AgentSandboxClusterIT {
  private static final String OTHER_IMAGE = "registry.example/other@sha256:" + "1".repeat(64);

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static NetCanaryServer canary;
  private static OperatorProcess operator;
  private static SandboxPolicy agent;
  private static SandboxPolicy own;
  private static Tenant tenant;

  @BeforeAll
  static void start() {
    cluster = Cluster.fresh();
    kubernetes = cluster.kubernetes();
    canary = new NetCanaryServer();
    operator =
        cluster
            .operator(Map.of("HERMES_NETCANARY_URL", canary.url(), "HERMES_AGENT_SANDBOX", "true"))
            .awaitReady();
    agent = Cluster.policy("agent", "gvisor", 2);
    agent.setSpec(agent.getSpec().withBackend(Backend.AgentSandbox));
    agent = kubernetes.resource(agent).create();
    own = kubernetes.resource(Cluster.policy("own", "gvisor", 1)).create();
    tenant = kubernetes.resource(Cluster.tenant("mixed", "agent", "own")).create();
  }

  @AfterAll
  static void stop() {
    operator.close();
    canary.close();
    cluster.close();
  }

  private static String namespace() {
    return cluster.tenant(tenant).getStatus().namespace();
  }

  private static List<GenericKubernetesResource> all(ResourceDefinitionContext kind) {
    return kubernetes.genericKubernetesResources(kind).inAnyNamespace().list().getItems();
  }

  private static GenericKubernetesResource template() {
    return all(AgentSandbox.TEMPLATES).getFirst();
  }

  private static String image() {
    List<?> containers = template().get("spec", "podTemplate", "spec", "containers");
    return String.valueOf(((Map<?, ?>) containers.getFirst()).get("image"));
  }

  private static List<Pod> pods(SandboxPolicy policy) {
    return kubernetes
        .pods()
        .inAnyNamespace()
        .withLabel(Names.POLICY, policy.getMetadata().getName())
        .list()
        .getItems();
  }

  private static Set<String> uids(SandboxPolicy policy) {
    return pods(policy).stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
  }

  private static void passStartGate(Pod pod) {
    pod.setStatus(
        new PodStatusBuilder()
            .withPhase("Running")
            .withPodIP("10.97.3.3")
            .withStartTime(Instant.now().toString())
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .withLastTransitionTime(Instant.now().toString())
            .endCondition()
            .build());
    kubernetes.resource(pod).patchStatus();
  }

  private static GenericKubernetesResource create(
      String apiVersion, String kind, String name, Map<String, Object> spec) {
    return kubernetes
        .resource(
            new GenericKubernetesResourceBuilder()
                .withApiVersion(apiVersion)
                .withKind(kind)
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace())
                .addToLabels(Names.TENANT_ID, cluster.tenant(tenant).getStatus().tenantId())
                .endMetadata()
                .addToAdditionalProperties("spec", spec)
                .build())
        .create();
  }

  /** A Sandbox and its pod, as their controller makes them of our template. */
  private static Pod theirPod(String name) {
    GenericKubernetesResource sandbox =
        create(
            AgentSandbox.CORE_GROUP + "/" + AgentSandbox.VERSION,
            AgentSandbox.SANDBOX_KIND,
            name,
            Map.of("podTemplate", template().get("spec", "podTemplate")));
    Map<String, String> labels = template().get("spec", "podTemplate", "metadata", "labels");
    PodSpec spec =
        Serialization.jsonMapper()
            .convertValue(template().<Object>get("spec", "podTemplate", "spec"), PodSpec.class);
    return kubernetes
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace())
                .withLabels(labels)
                .addNewOwnerReference()
                .withApiVersion(sandbox.getApiVersion())
                .withKind(sandbox.getKind())
                .withName(name)
                .withUid(sandbox.getMetadata().getUid())
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withSpec(spec)
                .build())
        .create();
  }

  private static String lease(String podName, String podUid, String state) {
    String id = UUID.randomUUID().toString();
    cluster.execute(
        """
        insert into hermes.sandbox_leases (tenant_id, lease_id, user_id, policy, namespace, pod_name,
          pod_uid, state, idle_until, expires_at)
        values ('%s', '%s', 'u', 'agent', '%s', '%s', '%s', '%s',
          now() + interval '1 hour', now() + interval '1 hour')
        """
            .formatted(
                cluster.tenant(tenant).getStatus().tenantId(),
                id,
                namespace(),
                podName,
                podUid,
                state));
    return id;
  }

  private static String state(String lease) {
    return cluster.sql("select state from hermes.sandbox_leases where lease_id = ?::uuid", lease);
  }

  @Test
  @Order(1)
  @DisplayName("SBX-18 without the kinds the policy says which are missing, and nothing starts")
  void absent() {
    cluster.awaitReason(agent, ConditionType.RuntimeAvailable, "BackendMissing");
    cluster.awaitReason(agent, ConditionType.Ready, "BackendMissing");
    cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "BackendMissing");
    cluster.awaitReason(own, ConditionType.Ready, "Ready");
    Cluster.eventually("a pod of the other policy", () -> pods(own).size() == 1);

    assertThat(pods(agent)).isEmpty();
    assertThat(
            cluster.sql(
                "select jsonb_path_query_first(config, '$.policies[*] ? (@.name == \"agent\").unavailable')"
                    + " from hermes.tenants where cr_uid = ?",
                tenant.getMetadata().getUid()))
        .as("what the API reads")
        .contains("BackendMissing");
  }

  @Test
  @Order(2)
  @DisplayName(
      "SBX-18 the kinds arrive: a template of our pod and a pool of pool.warm; a pod of theirs that"
          + " passed its start gate makes the Tenant Ready")
  void served() throws IOException {
    Set<String> before = uids(own);
    try (var yaml =
        AgentSandboxClusterIT.class.getResourceAsStream("/cluster/agent-sandbox-crds.yaml")) {
      kubernetes.load(yaml).items().forEach(crd -> kubernetes.resource(crd).create());
    }

    cluster.awaitReason(agent, ConditionType.RuntimeAvailable, "RuntimeFound");
    cluster.awaitReason(agent, ConditionType.Ready, "Ready");
    Cluster.eventually("a pool", () -> all(AgentSandbox.POOLS).size() == 1);
    assertThat(all(AgentSandbox.POOLS).getFirst().<Integer>get("spec", "replicas")).isEqualTo(2);
    assertThat(all(AgentSandbox.TEMPLATES)).hasSize(1);
    assertThat(template().<String>get("spec", "networkPolicyManagement")).isEqualTo("Unmanaged");
    assertThat(image()).isEqualTo(Cluster.IMAGE);

    pods(own).forEach(AgentSandboxClusterIT::passStartGate);
    cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "WaitingForPods");
    passStartGate(theirPod("sbx-agent-x1"));
    cluster.awaitReady(tenant);
    assertThat(uids(own)).isEqualTo(before);
    assertThat(pods(agent)).as("none of our own").hasSize(1);
  }

  @Test
  @Order(3)
  @DisplayName("SBX-18 what is as it should be is not written again")
  void calm() throws InterruptedException {
    String template = template().getMetadata().getResourceVersion();
    String pool = all(AgentSandbox.POOLS).getFirst().getMetadata().getResourceVersion();
    Thread.sleep(12_000); // longer than from one full look to the next

    assertThat(template().getMetadata().getResourceVersion()).isEqualTo(template);
    assertThat(all(AgentSandbox.POOLS).getFirst().getMetadata().getResourceVersion())
        .isEqualTo(pool);
    assertThat(pods(agent)).as("an unclaimed pod of theirs is left alone").hasSize(1);
  }

  @Test
  @Order(4)
  @DisplayName("SBX-18 a template that somebody opened is put right")
  void healed() {
    cluster.patch(
        template(), "{\"spec\":{\"networkPolicyManagement\":\"Managed\",\"service\":true}}");

    Cluster.eventually(
        "healed",
        () ->
            "Unmanaged".equals(template().get("spec", "networkPolicyManagement"))
                && Boolean.FALSE.equals(template().get("spec", "service")));
  }

  @Test
  @Order(5)
  @DisplayName("SBX-18 another image of the policy is another image of the template")
  void follows() {
    cluster.patch(agent, "{\"spec\":{\"image\":\"%s\"}}".formatted(OTHER_IMAGE));

    Cluster.eventually("the template follows", () -> image().equals(OTHER_IMAGE));
  }

  @Test
  @Order(6)
  @DisplayName("SBX-18 a lease that is over takes its claim along, and no other's")
  void leases() {
    Map<String, Object> spec = Map.of("warmPoolRef", Map.of("name", "sbx-agent"));
    GenericKubernetesResource over =
        create(AgentSandbox.apiVersion(), "SandboxClaim", AgentSandbox.claimOf("a"), spec);
    GenericKubernetesResource live =
        create(AgentSandbox.apiVersion(), "SandboxClaim", AgentSandbox.claimOf("b"), spec);
    lease(live.getMetadata().getName(), live.getMetadata().getUid(), "active");

    String lease = lease(over.getMetadata().getName(), over.getMetadata().getUid(), "over");

    Cluster.eventually("the claim goes", () -> kubernetes.resource(over).get() == null);
    Cluster.eventually("its lease is closed", () -> state(lease).equals("closed"));
    assertThat(kubernetes.resource(live).get()).isNotNull();
  }

  @Test
  @Order(7)
  @DisplayName("SBX-18 a suspended tenant has no pool, claim or lease; resumed it has a pool again")
  void suspended() {
    Pod held = theirPod("sbx-agent-x2");
    cluster.patch(held, "{\"metadata\":{\"labels\":{\"hermes.dev/sandbox-state\":\"claimed\"}}}");
    String lease = lease(AgentSandbox.claimOf("c"), held.getMetadata().getUid(), "active");

    cluster.patch(tenant, "{\"spec\":{\"suspended\":true}}");
    Cluster.eventually(
        "all gone",
        () ->
            all(AgentSandbox.POOLS).isEmpty()
                && all(AgentSandbox.TEMPLATES).isEmpty()
                && all(AgentSandbox.CLAIMS).isEmpty());

    Cluster.eventually("its lease is closed", () -> state(lease).equals("closed"));

    cluster.patch(tenant, "{\"spec\":{\"suspended\":false}}");
    Cluster.eventually("a pool again", () -> all(AgentSandbox.POOLS).size() == 1);
  }

  @Test
  @Order(8)
  @DisplayName("SBX-18 back to our own pods: their objects go, ours come, the other policy's stay")
  void back() {
    Cluster.eventually("a pod of the other policy", () -> pods(own).size() == 1);
    Set<String> before = uids(own);

    cluster.patch(agent, "{\"spec\":{\"backend\":\"Pod\"}}");

    Cluster.eventually(
        "both gone",
        () -> all(AgentSandbox.POOLS).isEmpty() && all(AgentSandbox.TEMPLATES).isEmpty());
    Cluster.eventually(
        "our own",
        () ->
            pods(agent).stream()
                    .filter(pod -> pod.getMetadata().getOwnerReferences().isEmpty())
                    .count()
                == 2);
    assertThat(uids(own)).isEqualTo(before);
  }

  @Test
  @Order(9)
  @DisplayName("SBX-18 the kinds go: the policy says so again")
  void gone() {
    cluster.patch(agent, "{\"spec\":{\"backend\":\"AgentSandbox\"}}");
    cluster.awaitReason(agent, ConditionType.Ready, "Ready");

    kubernetes
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("sandboxclaims.extensions.agents.x-k8s.io")
        .delete();

    cluster.awaitReason(agent, ConditionType.Ready, "BackendMissing");
    assertThat(
            Cluster.reason(
                kubernetes.resource(own).get().getStatus().conditions(), ConditionType.Ready))
        .contains("Ready");
  }
}
