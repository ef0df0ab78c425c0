package dev.hermes.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.operator.cluster.Chart;
import dev.hermes.operator.cluster.Cluster;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.sandbox.claim.Claims;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Row 23 of docs/sandbox-admission.md on a real API server, with the chart's own policies. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class SandboxNetworkClusterIT {
  private static final String NAMESPACE = "hermes-network-0000abcd";
  private static final String TENANT = "01980000-0000-7000-8000-00000000abcd";
  private static final String KEYS = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
  private static final EffectivePolicy POLICY = Fixtures.open("default", "10.96.0.9:3128");
  private static final List<HasMetadata> INSTALLED = new ArrayList<>();

  private static KubernetesClient admin;
  private static KubernetesClient api;

  @BeforeAll
  static void start() throws Exception {
    admin = Cluster.get().kubernetes();
    api = as("system:serviceaccount:hermes-system:hermes-api");
    install(
        new NamespaceBuilder()
            .withNewMetadata()
            .withName(NAMESPACE)
            .addToLabels(Names.TENANT_ID, TENANT)
            .addToAnnotations(Names.ALLOWED_IMAGES, Fixtures.IMAGE)
            .addToAnnotations(Names.ALLOWED_RUNTIMES, POLICY.runtimeClassName())
            .addToAnnotations(Names.MAX_CPU, "8")
            .addToAnnotations(Names.MAX_MEMORY, "8Gi")
            .addToAnnotations(Names.MAX_EPHEMERAL_STORAGE, "8Gi")
            .endMetadata()
            .build());
    install(
        new ServiceAccountBuilder()
            .withNewMetadata()
            .withName(Names.SANDBOX_SERVICE_ACCOUNT)
            .withNamespace(NAMESPACE)
            .endMetadata()
            .build());
    admin
        .resource(
            new RuntimeClassBuilder()
                .withNewMetadata()
                .withName(POLICY.runtimeClassName())
                .endMetadata()
                .withHandler("runsc")
                .build())
        .createOr(existing -> existing.patch());
    policies();
  }

  /** Those for making and changing pods of sandboxes, as the chart has them. */
  private static void policies() throws Exception {
    Chart.objects(
            admin,
            "--show-only",
            "templates/admission/sandbox-pods.yaml",
            "--show-only",
            "templates/admission/bindings.yaml")
        .stream()
        .filter(
            object -> object.getMetadata().getName().matches("hermes-sandbox-pod-(create|update)"))
        .forEach(SandboxNetworkClusterIT::install);
    await()
        .untilAsserted(() -> {
          Pod bad = pod(Optional.empty());
          bad.getSpec().setHostNetwork(true);
          assertThat(refusal(bad)).as("the policies are in force").contains("[9]");
        });
  }

  private static void install(HasMetadata object) {
    INSTALLED.addFirst(admin.resource(object).create());
  }

  @AfterAll
  static void stop() {
    INSTALLED.forEach(object -> admin.resource(object).delete());
    api.close();
  }

  private static KubernetesClient as(String user) {
    Config config =
        new ConfigBuilder(admin.getConfiguration())
            .withImpersonateUsername(user)
            .withImpersonateGroups("system:masters")
            .build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  private static Pod pod(Optional<String> network) {
    Pod pod =
        SandboxPod.desired(
            SandboxPodRequest.claimed(
                TENANT,
                "network",
                NAMESPACE,
                POLICY,
                KEYS,
                new Claim("lease-1", Optional.empty())));
    network.ifPresent(text -> pod.getMetadata().getAnnotations().put(Names.SANDBOX_EGRESS, text));
    return pod;
  }

  private static String refusal(Pod pod) {
    try {
      api.resource(pod).dryRun().create();
      return "";
    } catch (KubernetesClientException e) {
      return e.getMessage();
    }
  }

  private static String refusal(KubernetesClient by, Pod pod, String patch) {
    try {
      by.pods().resource(pod).dryRun().patch(PatchContext.of(PatchType.JSON_MERGE), patch);
      return "";
    } catch (KubernetesClientException e) {
      return e.getMessage();
    }
  }

  private static String network(String text) {
    return "{\"metadata\":{\"annotations\":{\"hermes.dev/sandbox-egress\":%s}}}".formatted(text);
  }

  @Test
  @DisplayName("SBX-8 a pod is born narrow in the API's form and no other, and only when claimed")
  void born() {
    assertThat(refusal(pod(Optional.empty()))).as("control").isEmpty();
    for (String good :
        List.of("none", SandboxEgress.of(List.of("*.a.example", "b.example:443")).annotation())) {
      assertThat(refusal(pod(Optional.of(good)))).as(good).isEmpty();
    }
    for (String bad :
        List.of("", "a.example, b.example", "a.example,", "A.example", "x".repeat(4097))) {
      assertThat(refusal(pod(Optional.of(bad)))).as(bad).contains("[23]");
    }
    Pod warm =
        SandboxPod.desired(SandboxPodRequest.warm(TENANT, "network", NAMESPACE, POLICY, KEYS));
    assertThat(refusal(warm)).as("control").isEmpty();
    warm.getMetadata().getAnnotations().put(Names.SANDBOX_EGRESS, "none");
    assertThat(refusal(warm)).contains("[23]");
  }

  @Test
  @DisplayName("SBX-8 a network is set with the claim and changed by the API, and by nobody else")
  void changed() {
    Pod warm =
        api.resource(
                SandboxPod.desired(
                    SandboxPodRequest.warm(TENANT, "network", NAMESPACE, POLICY, KEYS)))
            .create();
    assertThat(refusal(api, warm, network("\"none\""))).as("not yet claimed").contains("[23]");
    String claim =
        """
        {"metadata": {"labels": {"hermes.dev/sandbox-state": "claimed"},
          "annotations": {"hermes.dev/sandbox-id": "x", "hermes.dev/sandbox-egress": "a.example"}},
         "spec": {"activeDeadlineSeconds": 60}}
        """;
    assertThat(refusal(admin, warm, claim)).contains("[23]");
    assertThat(refusal(api, warm, claim)).as("control").isEmpty();

    Pod claimed = api.resource(pod(Optional.of("a.example"))).create();
    String uid = claimed.getMetadata().getUid();
    String name = claimed.getMetadata().getName();
    for (String text : List.of("\"none\"", "\"b.example\"", "null")) {
      assertThat(refusal(admin, claimed, network(text))).as(text).contains("[23]");
      assertThat(refusal(api, claimed, network(text))).as("control").isEmpty();
    }
    assertThat(refusal(api, claimed, network("\"a b\""))).contains("[23]");
    assertThat(
            refusal(
                admin,
                claimed,
                "{\"metadata\":{\"annotations\":{\"hermes.dev/sandbox-x\":\"1\"}}}"))
        .as("control: who does not touch it")
        .isEmpty();

    Claims claims = new Claims(api, Clock.systemUTC());
    assertThat(claims.narrow(NAMESPACE, name, uid, Optional.of(SandboxEgress.nothing()))).isTrue();
    assertThat(annotations(name)).containsEntry(Names.SANDBOX_EGRESS, "none");
    assertThat(claims.narrow(NAMESPACE, name, "another", Optional.empty()))
        .as("another pod of that name")
        .isFalse();
    assertThat(annotations(name)).containsEntry(Names.SANDBOX_EGRESS, "none");
    assertThat(claims.narrow(NAMESPACE, name, uid, Optional.empty())).isTrue();
    assertThat(annotations(name)).doesNotContainKey(Names.SANDBOX_EGRESS);
    assertThat(claims.narrow(NAMESPACE, "no-such", uid, Optional.empty())).isFalse();
  }

  private static Map<String, String> annotations(String pod) {
    return admin.pods().inNamespace(NAMESPACE).withName(pod).get().getMetadata().getAnnotations();
  }
}
