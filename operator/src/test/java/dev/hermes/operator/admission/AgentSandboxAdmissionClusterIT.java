package dev.hermes.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.operator.cluster.Chart;
import dev.hermes.operator.cluster.Cluster;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** SBX-18: what docs/sandbox-admission.md says of the controller of agent-sandbox. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class AgentSandboxAdmissionClusterIT {
  private static final String NAMESPACE = "hermes-agent-0000abcd";
  private static final String TENANT = "01980000-0000-7000-8000-00000000abcd";
  private static final String KEYS = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
  private static final EffectivePolicy POLICY = Fixtures.open("default", "10.96.0.9:3128");
  private static final String ACCOUNT = "agent-sandbox-system/agent-sandbox-controller";

  private final List<HasMetadata> installed = new ArrayList<>();
  private final KubernetesClient admin = Cluster.get().kubernetes();
  private final KubernetesClient controller =
      as("system:serviceaccount:agent-sandbox-system:agent-sandbox-controller");
  private final KubernetesClient api = as("system:serviceaccount:hermes-system:hermes-api");

  @BeforeEach
  void start() {
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
    for (String account : List.of(Names.SANDBOX_SERVICE_ACCOUNT, "default")) {
      install(
          new ServiceAccountBuilder()
              .withNewMetadata()
              .withName(account)
              .withNamespace(NAMESPACE)
              .endMetadata()
              .build());
    }
    admin
        .resource(
            new RuntimeClassBuilder()
                .withNewMetadata()
                .withName(POLICY.runtimeClassName())
                .endMetadata()
                .withHandler("runsc")
                .build())
        .createOr(existing -> existing.patch());
  }

  @AfterEach
  void stop() {
    admin.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
    // the namespace lasts: deleting it takes longer than the next test waits
    installed.stream()
        .filter(object -> object.getKind().startsWith("Validating"))
        .forEach(object -> admin.resource(object).delete());
    // those of the next test differ
    await().until(() -> refusal(api, open()).isEmpty());
    controller.close();
    api.close();
  }

  private void install(HasMetadata object) {
    installed.addFirst(admin.resource(object).createOr(existing -> existing.patch()));
  }

  /** The chart's policies, in force. */
  private void policies(String... values) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--show-only",
                "templates/admission/sandbox-pods.yaml",
                "--show-only",
                "templates/admission/bindings.yaml"));
    for (String value : values) {
      arguments.addAll(List.of("--set", value));
    }
    Chart.objects(admin, arguments.toArray(String[]::new)).stream()
        .filter(
            object -> object.getMetadata().getName().matches("hermes-sandbox-pod-(create|update)"))
        .forEach(this::install);
    await()
        .untilAsserted(() -> {
          assertThat(refusal(api, open())).as("the policies are in force").contains("[9]");
        });
  }

  private void named() throws Exception {
    policies("agentSandbox.enabled=true", "agentSandbox.controllerServiceAccount=" + ACCOUNT);
  }

  private KubernetesClient as(String user) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(admin.getConfiguration())
                .withImpersonateUsername(user)
                .withImpersonateGroups("system:masters")
                .build())
        .build();
  }

  private static SandboxPodRequest request() {
    return SandboxPodRequest.warm(TENANT, "agent", NAMESPACE, POLICY, KEYS);
  }

  private static Pod warm() {
    return SandboxPod.desired(request());
  }

  /** What the policies refuse whoever asks. */
  private static Pod open() {
    Pod pod = warm();
    pod.getSpec().setHostNetwork(true);
    return pod;
  }

  /** As their controller makes one of our template. */
  private static Pod theirs() {
    PodTemplateSpec template = SandboxPod.template(request());
    return new PodBuilder()
        .withNewMetadata()
        .withGenerateName("sbx-default-")
        .withNamespace(NAMESPACE)
        .withLabels(template.getMetadata().getLabels())
        .addToLabels("agents.x-k8s.io/sandbox-name-hash", "0a1b2c3d")
        .addToLabels("agents.x-k8s.io/warm-pool-sandbox", "0a1b2c3d")
        .addToAnnotations("cluster-autoscaler.kubernetes.io/safe-to-evict", "true")
        .withOwnerReferences(owner("Sandbox"))
        .endMetadata()
        .withSpec(template.getSpec())
        .build();
  }

  private static OwnerReference owner(String kind) {
    OwnerReference owner = new OwnerReference();
    owner.setApiVersion("agents.x-k8s.io/v1beta1");
    owner.setKind(kind);
    owner.setName("sbx-default-x1");
    owner.setUid("5f0c0b3e-0000-4000-8000-000000000001");
    owner.setController(true);
    return owner;
  }

  private static String refusal(KubernetesClient by, Pod pod) {
    try {
      by.resource(pod).dryRun().create();
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

  @Test
  @DisplayName("SBX-18 nobody named: their controller makes no pod, whatever is enabled")
  void closed() throws Exception {
    policies("agentSandbox.enabled=true");

    assertThat(refusal(controller, theirs())).contains("[14]");
    assertThat(refusal(api, warm())).as("control").isEmpty();
  }

  @Test
  @DisplayName("SBX-18 the account alone does nothing while the backend is off")
  void off() throws Exception {
    policies("agentSandbox.controllerServiceAccount=" + ACCOUNT);

    assertThat(refusal(controller, theirs())).contains("[14]");
  }

  @Test
  @DisplayName("SBX-18 the account that is named makes pods of our shape, and only such")
  void shape() throws Exception {
    named();
    assertThat(refusal(controller, theirs())).as("control").isEmpty();

    Map<String, Consumer<Pod>> bad = new LinkedHashMap<>();
    bad.put("[1]", pod -> pod.getSpec().setRuntimeClassName(null));
    bad.put("[2]", pod -> pod.getSpec().getContainers().getFirst().setImage("docker.io/x"));
    bad.put("[4]", pod -> pod.getSpec().setServiceAccountName("default"));
    bad.put("[5]", pod -> pod.getSpec().setAutomountServiceAccountToken(true));
    bad.put("[9]", pod -> pod.getSpec().setHostPID(true));
    bad.put("[12]", pod -> pod.getMetadata().getAnnotations().put("dev.gvisor.x", "y"));
    bad.put("[13]", pod -> pod.getSpec().getContainers().getFirst().getResources().setLimits(null));
    bad.put("[17]", pod -> pod.getMetadata().getLabels().put(Names.TENANT_ID, "another"));
    bad.forEach((row, change) -> {
      Pod pod = theirs();
      change.accept(pod);
      assertThat(refusal(controller, pod)).as(row).contains(row);
    });
    List<Consumer<Pod>> notTheirs =
        List.of(
            pod -> pod.getMetadata().getLabels().put(Names.SANDBOX_STATE, Names.WARM),
            pod -> pod.getMetadata().getLabels().put(Names.SANDBOX_STATE, Names.CLAIMED),
            pod -> pod.getMetadata().getLabels().remove(Names.POLICY),
            pod -> pod.getMetadata().setOwnerReferences(List.of()),
            pod -> pod.getMetadata().setOwnerReferences(List.of(owner("SandboxClaim"))));
    notTheirs.forEach(change -> {
      Pod pod = theirs();
      change.accept(pod);
      assertThat(refusal(controller, pod)).contains("[14]");
    });
    assertThat(refusal(api, theirs())).as("only that account").contains("[14]");
    assertThat(refusal(admin, theirs())).as("only that account").contains("[14]");
  }

  @Test
  @DisplayName("SBX-18 it keeps its own labels and annotations, and has no hand in ours")
  void theirLabels() throws Exception {
    named();
    Pod pod = controller.resource(theirs()).create();
    String own =
        """
        {"metadata": {"labels": {"agents.x-k8s.io/warm-pool-sandbox": null,
            "agents.x-k8s.io/claim-uid": "x"},
          "annotations": {"agents.x-k8s.io/propagated-labels": "a",
            "cluster-autoscaler.kubernetes.io/safe-to-evict": null}}}
        """;
    assertThat(refusal(controller, pod, own)).as("control").isEmpty();
    assertThat(refusal(api, pod, own)).contains("[15]");
    for (String bad :
        List.of(
            "{'metadata':{'labels':{'hermes.dev/sandbox-state':'claimed'}},'spec':{'activeDeadlineSeconds':60}}",
            "{'metadata':{'annotations':{'hermes.dev/sandbox-id':'x'}}}",
            "{'metadata':{'annotations':{'hermes.dev/policy-hash':'x'}}}",
            "{'metadata':{'annotations':{'cluster-autoscaler.kubernetes.io/safe-to-evict':'false'}}}",
            "{'metadata':{'labels':{'app':'x'}}}")) {
      assertThat(refusal(controller, pod, bad.replace('\'', '"'))).as(bad).contains("[15]");
    }
    assertThat(
            refusal(
                controller,
                pod,
                "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\","
                    + "\"name\":\"x\",\"uid\":\"y\"}]}}"))
        .contains("[15]");
  }

  @Test
  @DisplayName(
      "SBX-18 the API claims such a pod once, with a deadline, and no other without a state")
  void claimed() throws Exception {
    named();
    Pod pod = controller.resource(theirs()).create();
    String claim =
        """
        {"metadata": {"labels": {"hermes.dev/sandbox-state": "claimed"},
          "annotations": {"hermes.dev/sandbox-id": "x", "hermes.dev/sandbox-egress": "none"}},
         "spec": {"activeDeadlineSeconds": 60}}
        """;
    assertThat(refusal(api, pod, claim.replace("60", "null"))).contains("[14]");
    assertThat(refusal(api, pod, claim.replace("claimed", "warm"))).contains("[16]");
    assertThat(refusal(api, pod, claim)).as("control").isEmpty();
    api.pods().resource(pod).patch(PatchContext.of(PatchType.JSON_MERGE), claim);
    assertThat(refusal(api, pod, "{\"metadata\":{\"labels\":{\"hermes.dev/sandbox-state\":null}}}"))
        .contains("[16]");

    Pod own = api.resource(warm()).create();
    assertThat(refusal(api, own, "{\"metadata\":{\"labels\":{\"hermes.dev/sandbox-state\":null}}}"))
        .as("ours has a state for good")
        .contains("[16]");
    assertThat(refusal(api, own, claim)).as("control").isEmpty();
  }
}
