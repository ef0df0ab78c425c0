package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.database.testing.FreePort;
import dev.hermes.operator.pool.PodFacts;
import dev.hermes.sandbox.agent.AgentSandbox;
import dev.hermes.sandbox.claim.AgentClaims;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIPBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * SBX-18 with the controller of agent-sandbox itself, where somebody has one: the property {@code
 * hermes.agent-sandbox} names a folder with the program {@code agent-sandbox-controller} and its
 * CRDs in {@code crds}. It runs as the account that the chart's admission lets make pods; the test
 * is the kubelet.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
@EnabledIfSystemProperty(named = "hermes.agent-sandbox", matches = ".+")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AgentSandboxControllerClusterIT {
  private static final String THEIRS = "agent-sandbox-system";
  private static final String ACCOUNT = "agent-sandbox-controller";
  private static final String OTHER_IMAGE = "registry.example/other@sha256:" + "1".repeat(64);

  private static final ScheduledExecutorService KUBELET =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().name("kubelet").daemon().unstarted(task));

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static KubernetesClient api;
  private static NetCanaryServer canary;
  private static OperatorProcess operator;
  private static Process controller;
  private static Tenant tenant;

  @BeforeAll
  static void start() throws Exception {
    Path folder = Path.of(System.getProperty("hermes.agent-sandbox"));
    cluster = Cluster.fresh();
    kubernetes = cluster.kubernetes();
    canary = new NetCanaryServer();
    try (Stream<Path> files = Files.list(folder.resolve("crds"))) {
      for (Path crd : files.toList()) {
        try (var yaml = Files.newInputStream(crd)) {
          kubernetes.load(yaml).items().forEach(it -> kubernetes.resource(it).create());
        }
      }
    }
    Chart.objects(
            kubernetes,
            "--show-only",
            "templates/admission/sandbox-pods.yaml",
            "--show-only",
            "templates/admission/bindings.yaml",
            "--set",
            "agentSandbox.enabled=true",
            "--set",
            "agentSandbox.controllerServiceAccount=" + THEIRS + "/" + ACCOUNT)
        .stream()
        .filter(
            object -> object.getMetadata().getName().matches("hermes-sandbox-pod-(create|update)"))
        .forEach(object -> kubernetes.resource(object).create());
    controller = controller(folder);
    api =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(kubernetes.getConfiguration())
                    .withImpersonateUsername("system:serviceaccount:hermes-system:hermes-api")
                    .withImpersonateGroups("system:masters")
                    .build())
            .build();
    operator =
        cluster
            .operator(Map.of("HERMES_NETCANARY_URL", canary.url(), "HERMES_AGENT_SANDBOX", "true"))
            .awaitReady();
    SandboxPolicy policy = Cluster.policy("agent", "gvisor", 2);
    policy.setSpec(policy.getSpec().withBackend(Backend.AgentSandbox));
    kubernetes.resource(policy).create();
    tenant = kubernetes.resource(Cluster.tenant("theirs", "agent")).create();
    KUBELET.scheduleWithFixedDelay(
        AgentSandboxControllerClusterIT::runPods, 0, 200, TimeUnit.MILLISECONDS);
  }

  @AfterAll
  static void stop() {
    KUBELET.shutdownNow();
    operator.close();
    controller.destroyForcibly();
    canary.close();
    api.close();
    cluster.close();
  }

  private static Process controller(Path folder) throws Exception {
    kubernetes
        .resource(new NamespaceBuilder().withNewMetadata().withName(THEIRS).endMetadata().build())
        .create();
    kubernetes
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName(ACCOUNT)
                .withNamespace(THEIRS)
                .endMetadata()
                .build())
        .create();
    kubernetes
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(ACCOUNT)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                .addNewSubject("", "ServiceAccount", ACCOUNT, THEIRS)
                .build())
        .create();
    String token =
        kubernetes
            .serviceAccounts()
            .inNamespace(THEIRS)
            .withName(ACCOUNT)
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(3600L)
                    .endSpec()
                    .build())
            .getStatus()
            .getToken();
    Path kubeconfig =
        Files.writeString(
            cluster.dir().resolve("agent-sandbox.kubeconfig"),
            Files.readString(cluster.dir().resolve("admin.kubeconfig"))
                .replaceAll("token: .*}", "token: " + token + "}"));
    ProcessBuilder builder =
        new ProcessBuilder(
                folder.resolve("agent-sandbox-controller").toString(),
                "--kubeconfig=" + kubeconfig,
                "--extensions",
                "--leader-elect=false",
                "--metrics-bind-address=0",
                "--health-probe-bind-address=0",
                "--webhook-port=" + FreePort.next(),
                "--webhook-cert-dir=" + cluster.dir().resolve("agent-sandbox-certs"))
            .redirectErrorStream(true)
            .redirectOutput(cluster.dir().resolve("agent-sandbox.log").toFile());
    return builder.start();
  }

  /** The kubelet: whatever has no status runs and passed its start gate. */
  private static void runPods() {
    try {
      for (Pod pod : pods()) {
        if (!PodFacts.isReady(pod) && pod.getMetadata().getDeletionTimestamp() == null) {
          pod.setStatus(
              new PodStatusBuilder()
                  .withPhase("Running")
                  .withPodIP("10.97.3.3")
                  .withPodIPs(new PodIPBuilder().withIp("10.97.3.3").build())
                  .withStartTime(Instant.now().toString())
                  .addNewCondition()
                  .withType("Ready")
                  .withStatus("True")
                  .withLastTransitionTime(Instant.now().toString())
                  .endCondition()
                  .build());
          kubernetes.resource(pod).patchStatus();
        }
      }
    } catch (RuntimeException e) {
      // the next round sees what has become of it
      System.getLogger("kubelet").log(System.Logger.Level.DEBUG, e);
    }
  }

  private static List<Pod> pods() {
    return kubernetes.pods().inAnyNamespace().withLabel(Names.POLICY, "agent").list().getItems();
  }

  private static List<Pod> waiting() {
    return pods().stream()
        .filter(pod -> !PodFacts.isClaimed(pod) && PodFacts.isReady(pod))
        .toList();
  }

  private static String namespace() {
    return cluster.tenant(tenant).getStatus().namespace();
  }

  private static EffectivePolicy policy() {
    return Serialization.unmarshal(
        cluster.sql(
            "select config->'policies'->0 from hermes.tenants where cr_uid = ?",
            tenant.getMetadata().getUid()),
        EffectivePolicy.class);
  }

  private static ClaimedPod claim() throws InterruptedException {
    AgentClaims claims = new AgentClaims(api, Clock.systemUTC());
    String id = UUID.randomUUID().toString();
    Creation made =
        claims.create(
            namespace(), cluster.tenant(tenant).getStatus().tenantId(), policy(), new Claim(id));
    assertThat(made).isInstanceOf(Creation.Created.class);
    Instant begun = Instant.now();
    Readiness ready =
        claims.awaitReady(namespace(), AgentSandbox.claimOf(id), begun.plusSeconds(60));
    assertThat(ready).isInstanceOf(Readiness.Ready.class);
    return ((Readiness.Ready) ready).pod();
  }

  private static Pod pod(ClaimedPod claimed) {
    return pods().stream()
        .filter(pod -> pod.getMetadata().getUid().equals(claimed.uid()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  @Order(1)
  @DisplayName("SBX-18 their controller fills the pool through admission, and the Tenant is Ready")
  void filled() {
    Cluster.eventually("two pods", () -> waiting().size() == 2);
    cluster.awaitReady(tenant);

    assertThat(pods())
        .allSatisfy(pod -> {
          assertThat(pod.getMetadata().getLabels()).doesNotContainKey(Names.SANDBOX_STATE);
          assertThat(pod.getMetadata().getOwnerReferences().getFirst().getKind())
              .isEqualTo("Sandbox");
        });
  }

  @Test
  @Order(2)
  @DisplayName(
      "SBX-18 two claims get two of the pods, which stay claimed; the pool is filled again; the end"
          + " of a claim is its pod's")
  void claimed() throws InterruptedException {
    List<String> before = waiting().stream().map(pod -> pod.getMetadata().getUid()).toList();
    ClaimedPod first = claim();
    ClaimedPod second = claim();

    assertThat(first.uid()).isNotEqualTo(second.uid());
    assertThat(before).contains(first.uid());
    Cluster.eventually("filled again", () -> waiting().size() >= 2);
    Thread.sleep(5_000); // what their controller writes to a pod that it gave away comes later
    for (ClaimedPod claimed : List.of(first, second)) {
      Pod pod = pod(claimed);
      assertThat(PodFacts.isClaimed(pod)).isTrue();
      assertThat(pod.getSpec().getActiveDeadlineSeconds()).isPositive();
      assertThat(pod.getMetadata().getLabels())
          .as("they have written it, and were let")
          .doesNotContainKey("agents.x-k8s.io/warm-pool-sandbox");
    }

    new AgentClaims(api, Clock.systemUTC()).delete(namespace(), first.name());
    Cluster.eventually(
        "its pod goes",
        () -> pods().stream().noneMatch(pod -> pod.getMetadata().getUid().equals(first.uid())));
    assertThat(pod(second).getMetadata().getDeletionTimestamp()).isNull();
  }

  @Test
  @Order(3)
  @DisplayName("SBX-18 another image replaces what waits and leaves what is claimed")
  void rolled() throws InterruptedException {
    List<String> held =
        pods().stream().filter(PodFacts::isClaimed).map(pod -> pod.getMetadata().getUid()).toList();
    cluster.patch(
        kubernetes.resources(SandboxPolicy.class).withName("agent").get(),
        "{\"spec\":{\"image\":\"%s\"}}".formatted(OTHER_IMAGE));

    Cluster.eventually(
        "all that waits is of the new image",
        () ->
            waiting().size() >= 2
                && waiting().stream()
                    .allMatch(pod ->
                        pod.getSpec().getContainers().getFirst().getImage().equals(OTHER_IMAGE)));
    assertThat(pods())
        .extracting(pod -> pod.getMetadata().getUid())
        .containsAll(held)
        .hasSizeGreaterThan(held.size());
    Thread.sleep(3_000); // for what they write to claimed pods when a template changes
  }

  @Test
  @Order(4)
  @DisplayName("SBX-18 without a warm pod a claim starts cold, in the same way for who claims")
  void cold() throws InterruptedException {
    cluster.patch(
        kubernetes.resources(SandboxPolicy.class).withName("agent").get(),
        "{\"spec\":{\"pool\":{\"warm\":0}}}");
    Cluster.eventually("no pod waits", () -> waiting().isEmpty());

    ClaimedPod claimed = claim();

    assertThat(PodFacts.isClaimed(pod(claimed))).isTrue();
  }

  @Test
  @Order(5)
  @DisplayName("SBX-18 a tenant that goes takes all along, though their controller makes pods anew")
  void deleted() throws IOException {
    String namespace = namespace();

    cluster.delete(tenant);

    Cluster.eventually(
        "the namespace goes", () -> kubernetes.namespaces().withName(namespace).get() == null);
    assertThat(pods()).isEmpty();
    assertThat(Files.readString(cluster.dir().resolve("agent-sandbox.log")))
        .as("nothing they wanted to do was refused by admission")
        .doesNotContain("denied request");
  }
}
