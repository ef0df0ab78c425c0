package dev.hermes.sandbox.claim;

import static dev.hermes.sandbox.Policies.KEYS;
import static dev.hermes.sandbox.Policies.TENANT_ID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.Golden;
import dev.hermes.sandbox.Policies;
import dev.hermes.sandbox.agent.AgentClaim;
import dev.hermes.sandbox.agent.AgentSandbox;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** SBX-18: a claim by way of agent-sandbox; the test is its controller. */
@EnableKubernetesMockClient(crud = true)
class AgentClaimsTest {
  private static final String NAMESPACE = "hermes-demo-0000abcd";
  private static final Instant NOW = Instant.parse("2026-06-01T12:00:00.5Z");
  private static final Claim LEASE =
      new Claim("lease-1", Optional.of(SandboxEgress.of(List.of("index.example:443"))));
  private static final String POD = "sbx-default-x1";

  KubernetesClient client;
  private final EffectivePolicy policy = Policies.defaults();
  private AgentClaims claims;

  @BeforeEach
  void claims() {
    claims = new AgentClaims(client, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private String create() {
    return switch (claims.create(NAMESPACE, TENANT_ID, policy, LEASE)) {
      case Creation.Created made -> made.name();
      case Creation other -> throw new AssertionError(other);
    };
  }

  private Resource<GenericKubernetesResource> claim(String name) {
    return client
        .genericKubernetesResources(AgentSandbox.CLAIMS)
        .inNamespace(NAMESPACE)
        .withName(name);
  }

  private void status(String name, Map<String, Object> status) {
    GenericKubernetesResource live = claim(name).get();
    live.setAdditionalProperty("status", status);
    client
        .genericKubernetesResources(AgentSandbox.CLAIMS)
        .inNamespace(NAMESPACE)
        .resource(live)
        .updateStatus();
  }

  /** The claim is given this pod, as their controller made it of our template. */
  private void give(String claim, Consumer<Pod> change) {
    PodTemplateSpec template =
        SandboxPod.template(SandboxPodRequest.warm(TENANT_ID, "demo", NAMESPACE, policy, KEYS));
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(POD)
            .withNamespace(NAMESPACE)
            .withUid("pod-uid")
            .withLabels(template.getMetadata().getLabels())
            .addNewOwnerReference()
            .withApiVersion("agents.x-k8s.io/v1beta1")
            .withKind("Sandbox")
            .withName(POD)
            .withUid("sandbox-uid")
            .withController(true)
            .endOwnerReference()
            .endMetadata()
            .withSpec(template.getSpec())
            .withNewStatus()
            .withPhase("Running")
            .withPodIP("10.244.0.9")
            .withStartTime("2026-06-01T11:58:00Z")
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build();
    change.accept(pod);
    client.resource(pod).create();
    status(claim, Map.of("sandbox", Map.of("name", POD, "podIPs", List.of("10.244.0.9"))));
  }

  private Readiness await(String claim) throws InterruptedException {
    return claims.awaitReady(NAMESPACE, claim, NOW);
  }

  private Pod pod() {
    return client.pods().inNamespace(NAMESPACE).withName(POD).get();
  }

  @Test
  @DisplayName("a claim ends by itself at the policy's longest life, and its name tells its lease")
  void desired() throws Exception {
    Golden.matches(
        "agent-claim.yaml",
        Serialization.asYaml(AgentClaim.desired(NAMESPACE, TENANT_ID, policy, LEASE, NOW)));
    assertThat(AgentSandbox.isClaim(create())).isTrue();
    assertThat(AgentSandbox.isClaim(POD)).isFalse();
  }

  @Test
  @DisplayName(
      "SBX-18 what comes out is the pod, claimed as one of ours is, under the claim's name")
  void ready() throws Exception {
    String name = create();
    give(name, pod -> {});

    assertThat(await(name))
        .isEqualTo(
            new Readiness.Ready(
                new ClaimedPod(name, pod().getMetadata().getUid(), "10.244.0.9", NAMESPACE)));
    assertThat(pod().getMetadata().getLabels()).containsEntry(Names.SANDBOX_STATE, Names.CLAIMED);
    assertThat(pod().getMetadata().getAnnotations())
        .containsEntry(Names.SANDBOX_ID, "lease-1")
        .containsEntry(Names.SANDBOX_EGRESS, "index.example:443");
    // 120.5 s warm, and what is left of the claim's 3600 s
    assertThat(pod().getSpec().getActiveDeadlineSeconds()).isEqualTo(121 + 3599);
  }

  @Test
  @DisplayName("a patch whose answer was lost is not made again")
  void lostAnswer() throws Exception {
    String name = create();
    give(name, pod -> {});
    Readiness first = await(name);
    String version = pod().getMetadata().getResourceVersion();

    assertThat(await(name)).isEqualTo(first);
    assertThat(pod().getMetadata().getResourceVersion()).isEqualTo(version);
  }

  @Test
  @DisplayName("SBX-18 their status is not believed: a pod that is not ours to take is not taken")
  void misfit() throws Exception {
    Map<String, Consumer<Pod>> pods =
        Map.of(
            "the pod is another's",
            pod -> {
              pod.getMetadata().getLabels().put(Names.SANDBOX_STATE, Names.CLAIMED);
              pod.getMetadata().setAnnotations(Map.of(Names.SANDBOX_ID, "lease-2"));
            },
            "the pod is of an older policy; try again",
            pod -> pod.getSpec().getContainers().getFirst().setImage("x@sha256:0"),
            "the pod is not one of this policy's",
            pod -> pod.getMetadata().getLabels().put(Names.POLICY, "other"));
    for (Map.Entry<String, Consumer<Pod>> entry : pods.entrySet()) {
      String name = create();
      give(name, entry.getValue());

      assertThat(await(name)).isEqualTo(new Readiness.Gone(entry.getKey()));
      assertThat(pod().getSpec().getActiveDeadlineSeconds()).isNull();
      client.resource(pod()).delete();
      claims.delete(NAMESPACE, name);
    }
  }

  @Test
  @DisplayName("a pod of another owner, or of a Sandbox of another name, is not theirs to give")
  void owner() throws Exception {
    String name = create();
    give(name, pod -> pod.getMetadata().getOwnerReferences().getFirst().setName("another"));

    assertThat(await(name)).isEqualTo(new Readiness.Gone("the pod is not one of this policy's"));
  }

  @Test
  @DisplayName("who waits in vain is told in their controller's words")
  void timedOut() throws Exception {
    String name = create();
    assertThat(await(name))
        .isEqualTo(
            new Readiness.TimedOut("the controller of agent-sandbox has not looked at the claim"));

    status(
        name,
        Map.of(
            "conditions",
            List.of(
                Map.of(
                    "type", "Ready",
                    "status", "False",
                    "reason", "WarmPoolNotFound",
                    "message", "SandboxWarmPool \"sbx-default\" not found"))));

    assertThat(await(name))
        .isEqualTo(
            new Readiness.TimedOut("WarmPoolNotFound: SandboxWarmPool \"sbx-default\" not found"));
  }

  @Test
  @DisplayName("a claim that is deleted, or a pod that has ended, is not waited for")
  void gone() throws Exception {
    assertThat(await("claim-none")).isEqualTo(new Readiness.Gone("the claim was deleted"));

    String name = create();
    give(name, pod -> pod.getStatus().setPhase("Failed"));
    assertThat(await(name)).isInstanceOf(Readiness.Gone.class);
  }

  @Test
  @DisplayName("narrowing finds the pod by its claim; the end of the claim is the end")
  void narrowAndDelete() throws Exception {
    String name = create();
    give(name, pod -> {});
    await(name);

    assertThat(
            claims.narrow(
                NAMESPACE,
                name,
                pod().getMetadata().getUid(),
                Optional.of(SandboxEgress.nothing())))
        .isTrue();
    assertThat(pod().getMetadata().getAnnotations()).containsEntry(Names.SANDBOX_EGRESS, "none");

    claims.delete(NAMESPACE, name);
    claims.delete(NAMESPACE, name);
    assertThat(claim(name).get()).isNull();
    assertThat(claims.narrow(NAMESPACE, name, "pod-uid", Optional.empty())).isFalse();
  }
}
