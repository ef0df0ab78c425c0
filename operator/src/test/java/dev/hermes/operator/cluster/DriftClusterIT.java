package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every object the Tenant controller makes, against somebody who deletes or edits it. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class DriftClusterIT {
  private static final Duration HEALED = Duration.ofSeconds(10);

  /** A namespace first has to be gone, and that is its controller's work. */
  private static final Duration NAMESPACE_REMADE = Duration.ofSeconds(30);

  private static final String APPS = "drift-apps";
  private static final KubernetesSerialization JSON = new KubernetesSerialization();

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static OperatorProcess operator;
  private static String namespace;

  /** The children, each with an edit that opens a hole. */
  enum Child {
    NAMESPACE(
        "v1",
        "Namespace",
        "",
        "{'metadata':{'labels':{'pod-security.kubernetes.io/enforce':'privileged'}}}"),
    DENY_ALL("networking.k8s.io/v1", "NetworkPolicy", Names.DENY_ALL, "{'spec':{'egress':[{}]}}"),
    ALLOW_API(
        "networking.k8s.io/v1", "NetworkPolicy", Names.ALLOW_API, "{'spec':{'ingress':[{}]}}"),
    QUOTA("v1", "ResourceQuota", Names.QUOTA, "{'spec':{'hard':{'pods':'999','services':'7'}}}"),
    LIMIT_RANGE(
        "v1",
        "LimitRange",
        Names.LIMIT_RANGE,
        "{'spec':{'limits':[{'type':'Container','max':{'cpu':'64'}}]}}"),
    SERVICE_ACCOUNT(
        "v1",
        "ServiceAccount",
        Names.SANDBOX_SERVICE_ACCOUNT,
        "{'automountServiceAccountToken':true}"),
    API_BINDING("rbac.authorization.k8s.io/v1", "RoleBinding", Names.API_ROLE_BINDING, mallory()),
    KEY_BINDING("rbac.authorization.k8s.io/v1", "RoleBinding", Names.KEY_ROLE_BINDING, mallory());

    private final String apiVersion;
    private final String kind;
    private final String name;
    private final String edit;

    Child(String apiVersion, String kind, String name, String edit) {
      this.apiVersion = apiVersion;
      this.kind = kind;
      this.name = name;
      this.edit = edit;
    }

    private static String mallory() {
      return "{'subjects':[{'kind':'User','apiGroup':'rbac.authorization.k8s.io','name':'mallory'}]}";
    }

    Resource<GenericKubernetesResource> resource() {
      var all = kubernetes.genericKubernetesResources(apiVersion, kind);
      return switch (this) {
        case NAMESPACE -> all.withName(namespace);
        case KEY_BINDING -> all.inNamespace(APPS).withName(name);
        default -> all.inNamespace(namespace).withName(name);
      };
    }

    String uid() {
      GenericKubernetesResource live = resource().get();
      return live == null || live.getMetadata().getDeletionTimestamp() != null
          ? ""
          : live.getMetadata().getUid();
    }

    /** All that the operator is answerable for: the body, and the labels and annotations. */
    JsonNode state() {
      ObjectNode live = JSON.convertValue(resource().require(), ObjectNode.class);
      ObjectNode metadata = (ObjectNode) live.get("metadata");
      metadata.retain("labels", "annotations");
      live.remove("status");
      return live;
    }

    void patch(String patch) {
      resource().patch(PatchContext.of(PatchType.JSON_MERGE), patch.replace('\'', '"'));
    }
  }

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
    operator = cluster.operator().awaitReady();
    kubernetes
        .resource(new NamespaceBuilder().withNewMetadata().withName(APPS).endMetadata().build())
        .create();
    kubernetes.resource(Cluster.policy("drift")).create();
    Tenant tenant = Cluster.tenant("drift", "drift");
    cluster.awaitReason(
        kubernetes.resource(tenant).create(), ConditionType.NamespaceReady, "Provisioned");
    cluster.patch(
        tenant,
        "{\"spec\":{\"apiKeys\":{\"namespaces\":[{\"name\":\""
            + APPS
            + "\",\"roles\":[\"user\"],\"scopes\":[\"read\"]}]}}}");
    namespace = cluster.tenant(tenant).getStatus().namespace();
    Cluster.eventually("key delivery", () -> !Child.KEY_BINDING.uid().isEmpty());
  }

  @AfterAll
  static void stop() {
    operator.close();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName(
      "K8S-2 an edited child is set back within 10 s; what others added to its metadata stays")
  void edited(Child child) {
    child.patch(
        "{'metadata':{'labels':{'team':'blue'},'annotations':{'example.com/note':'mine'}}}");
    JsonNode before = child.state();
    assertThat(before.at("/metadata/labels/team").asText()).isEqualTo("blue");

    child.patch(child.edit);

    Awaitility.await()
        .atMost(HEALED)
        .untilAsserted(() -> assertThat(child.state()).isEqualTo(before));
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("K8S-2 a child without our label is labelled again within 10 s")
  void unlabelled(Child child) {
    child.patch("{'metadata':{'labels':{'" + Names.MANAGED_BY + "':null}}}");
    Awaitility.await()
        .atMost(HEALED)
        .until(() ->
            Map.of(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR).entrySet().stream()
                .allMatch(
                    child.resource().require().getMetadata().getLabels().entrySet()::contains));
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("K8S-2 a deleted child is made again within 10 s")
  void deleted(Child child) {
    String before = child.uid();
    child.resource().delete();
    Awaitility.await()
        .atMost(child == Child.NAMESPACE ? NAMESPACE_REMADE : HEALED)
        .until(() -> !child.uid().isEmpty() && !child.uid().equals(before));
  }

  @Test
  @DisplayName(
      "K8S-2 what the spec drops is pruned: rights to Secrets, and the namespace with all in it")
  void pruned() {
    kubernetes.resource(Cluster.policy("pruned")).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant("pruned", "pruned")).create();
    cluster.awaitReason(tenant, ConditionType.NamespaceReady, "Provisioned");
    String dropped = cluster.tenant(tenant).getStatus().namespace();
    kubernetes
        .resource(
            new NamespaceBuilder().withNewMetadata().withName("pruned-apps").endMetadata().build())
        .create();
    cluster.patch(
        tenant,
        "{\"spec\":{\"apiKeys\":{\"namespaces\":[{\"name\":\"pruned-apps\",\"roles\":[\"user\"],"
            + "\"scopes\":[\"read\"]}]}}}");
    Cluster.eventually("key delivery", () -> binding() != null);

    cluster.patch(
        tenant, "{\"spec\":{\"sandbox\":{\"policies\":[]},\"apiKeys\":{\"namespaces\":[]}}}");

    Cluster.eventually(
        "namespace gone", () -> kubernetes.namespaces().withName(dropped).get() == null);
    Awaitility.await().atMost(HEALED).until(() -> binding() == null);
    cluster.awaitReason(tenant, ConditionType.NamespaceReady, "NotRequired");
    assertThat(cluster.tenant(tenant).getStatus().namespace()).isNull();
  }

  private static Object binding() {
    return kubernetes
        .rbac()
        .roleBindings()
        .inNamespace("pruned-apps")
        .withName(Names.KEY_ROLE_BINDING)
        .get();
  }
}
