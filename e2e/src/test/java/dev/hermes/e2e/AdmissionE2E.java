package dev.hermes.e2e;

import static dev.hermes.e2e.ForbiddenPods.change;
import static dev.hermes.e2e.ForbiddenPods.label;
import static dev.hermes.e2e.ForbiddenPods.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The 22 rows of docs/sandbox-admission.md, tried with the rights of the API's own ServiceAccount
 * and, where that has none, with those of a cluster admin. The control of every row is the same
 * request without the change, which is let in.
 */
class AdmissionE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static TestTenant tenant;
  private static KubernetesClient api;
  private static String namespace;
  private static Pod good;
  private static final String BARE = "e2e-bare-tenant";

  @BeforeAll
  static void tenantWithOneSandbox() {
    tenant = TestTenant.ready("admit");
    namespace = tenant.namespace();
    api = CLUSTER.as("hermes-api");
    var live = tenant.sandboxes().getFirst();
    good = asNew(live);
    bareNamespace();
  }

  /**
   * A tenant namespace without Pod Security labels and LimitRange: there our own rows stand alone.
   */
  private static void bareNamespace() {
    var annotations =
        CLUSTER.admin().namespaces().withName(namespace).require().getMetadata().getAnnotations();
    try (var operator = CLUSTER.as("hermes-operator")) {
      operator
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(BARE)
                  .addToLabels("hermes.dev/tenant-id", tenant.id())
                  .withAnnotations(annotations)
                  .endMetadata()
                  .build())
          .create();
      operator
          .resource(
              new io.fabric8.kubernetes.api.model.ServiceAccountBuilder()
                  .withNewMetadata()
                  .withName("hermes-sandbox")
                  .withNamespace(BARE)
                  .endMetadata()
                  .build())
          .create();
    }
  }

  @AfterAll
  static void cleanUp() {
    api.close();
    CLUSTER.admin().namespaces().withName(BARE).delete();
    tenant.close();
  }

  private static Pod asNew(Pod live) {
    return new PodBuilder(live)
        .withStatus(null)
        .editMetadata()
        .withName(null)
        .withGenerateName("sbx-test-")
        .withUid(null)
        .withResourceVersion(null)
        .withCreationTimestamp(null)
        .withManagedFields()
        .endMetadata()
        .editSpec()
        .withNodeName(null)
        .withPriority(null)
        .withPreemptionPolicy(null)
        .withOverhead(null)
        .withTolerations()
        .endSpec()
        .build();
  }

  private static String dryRun(KubernetesClient client, String where, Pod pod) {
    try {
      pod.getMetadata().setNamespace(where);
      client.pods().inNamespace(where).resource(pod).dryRun(true).create();
      return "";
    } catch (KubernetesClientException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  @DisplayName("SBX-9 control: the sandbox's own shape is admitted, warm and claimed")
  void controlIsAdmitted() {
    assertThat(dryRun(api, namespace, good)).isEmpty();
    assertThat(dryRun(CLUSTER.admin(), BARE, good)).isEmpty();
    assertThat(
            dryRun(
                api,
                namespace,
                change(
                    good,
                    pod -> {
                      label(pod, "hermes.dev/sandbox-state", "claimed");
                      spec(pod).put("activeDeadlineSeconds", 60);
                    })))
        .isEmpty();
  }

  @TestFactory
  @DisplayName("SBX-9 CREATE")
  Stream<DynamicTest> createIsRefused() {
    return ForbiddenPods.rows().stream()
        .map(row ->
            DynamicTest.dynamicTest(
                row.name(),
                () -> {
                  var refusal = dryRun(CLUSTER.admin(), BARE, change(good, row.change()));
                  assertThat(refusal).isNotEmpty().contains(row.expected());
                }));
  }

  @TestFactory
  @DisplayName("SBX-9 UPDATE")
  Stream<DynamicTest> updateIsRefused() {
    var pod = tenant.sandboxes().getFirst().getMetadata().getName();
    return Stream.of(
        update(
            pod,
            "15 image swap",
            "[15]",
            "{'spec':{'containers':[{'name':'sandbox','image':'docker.io/library/busybox'}]}}"),
        update(pod, "15 label added", "[15]", "{'metadata':{'labels':{'app':'x'}}}"),
        update(
            pod,
            "15 policy label changed",
            "[15]",
            "{'metadata':{'labels':{'hermes.dev/policy':'x'}}}"),
        update(
            pod,
            "15 policy hash changed",
            "[15]",
            "{'metadata':{'annotations':{'hermes.dev/policy-hash':'x'}}}"),
        update(pod, "15 finalizer added", "[15]", "{'metadata':{'finalizers':['a.b/c']}}"),
        update(
            pod,
            "16 state removed",
            "[16]",
            "{'metadata':{'labels':{'hermes.dev/sandbox-state':null}}}"),
        update(
            pod,
            "16 unknown state",
            "[16]",
            "{'metadata':{'labels':{'hermes.dev/sandbox-state':'free'}}}"),
        update(
            pod,
            "14 claimed without a deadline",
            "[14]",
            "{'metadata':{'labels':{'hermes.dev/sandbox-state':'claimed'}}}"),
        update(
            pod,
            "23 a network on a warm pod",
            "[23]",
            "{'metadata':{'annotations':{'hermes.dev/sandbox-egress':'none'}}}"),
        update(
            pod,
            "23 a network in another form",
            "[23]",
            "{'metadata':{'labels':{'hermes.dev/sandbox-state':'claimed'},"
                + "'annotations':{'hermes.dev/sandbox-egress':'a.example, b.example'}},"
                + "'spec':{'activeDeadlineSeconds':3600}}"),
        update(
            pod,
            "23 an empty network",
            "[23]",
            "{'metadata':{'labels':{'hermes.dev/sandbox-state':'claimed'},"
                + "'annotations':{'hermes.dev/sandbox-egress':''}},"
                + "'spec':{'activeDeadlineSeconds':3600}}"),
        update(
            pod,
            "17 tenant label changed",
            "[17]",
            "{'metadata':{'labels':{'hermes.dev/tenant-id':'x'}}}"));
  }

  private static DynamicTest update(String pod, String name, String expected, String patch) {
    return DynamicTest.dynamicTest(
        name, () -> assertThat(tryPatch(pod, patch, "")).contains(expected));
  }

  private static String tryPatch(String pod, String patch, String subresource) {
    return tryPatch(api, pod, patch, subresource);
  }

  private static String tryPatch(
      KubernetesClient by, String pod, String patch, String subresource) {
    try {
      var resource = by.pods().inNamespace(namespace).withName(pod);
      var context = PatchContext.of(PatchType.STRATEGIC_MERGE);
      if (subresource.isEmpty()) {
        by.pods()
            .inNamespace(namespace)
            .withName(pod)
            .dryRun(true)
            .patch(context, patch.replace('\'', '"'));
      } else {
        resource.subresource(subresource).patch(context, patch.replace('\'', '"'));
      }
      return "";
    } catch (KubernetesClientException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  @DisplayName("SBX-9 control: warm to claimed with a deadline is admitted")
  void controlClaim() {
    var pod = tenant.sandboxes().getFirst().getMetadata().getName();
    assertThat(
            tryPatch(
                pod,
                "{'metadata':{'labels':{'hermes.dev/sandbox-state':'claimed'},'annotations':{'hermes.dev/sandbox-id':'x'}},"
                    + "'spec':{'activeDeadlineSeconds':3600}}",
                ""))
        .isEmpty();
  }

  @Test
  @DisplayName("SBX-9 a deadline is lowered, never raised; a claimed pod never becomes warm again")
  void claimedStaysClaimed() throws Exception {
    var claimed =
        api.pods()
            .inNamespace(namespace)
            .resource(
                change(
                    good,
                    p -> {
                      label(p, "hermes.dev/sandbox-state", "claimed");
                      spec(p).put("activeDeadlineSeconds", 60);
                    }))
            .create()
            .getMetadata()
            .getName();
    try {
      assertThat(
              tryPatch(claimed, "{'metadata':{'labels':{'hermes.dev/sandbox-state':'warm'}}}", ""))
          .contains("[16]");
      assertThat(tryPatch(claimed, "{'spec':{'activeDeadlineSeconds':61}}", "")).isNotEmpty();
      assertThat(tryPatch(claimed, "{'spec':{'activeDeadlineSeconds':50}}", "")).isEmpty();
      var narrow =
          "{'metadata':{'annotations':{'hermes.dev/sandbox-egress':'a.example:443,*.b.example'}}}";
      assertThat(tryPatch(CLUSTER.admin(), claimed, narrow, ""))
          .as("23 a network is the API's to change, not even an admin's")
          .contains("[23]");
      assertThat(tryPatch(claimed, narrow, "")).as("control").isEmpty();
    } finally {
      api.pods().inNamespace(namespace).withName(claimed).delete();
    }
  }

  @Test
  @DisplayName("SBX-9 row 18: no ephemeral container, no resize, not even for a cluster admin")
  void ephemeralContainersAndResize() {
    var pod = tenant.sandboxes().getFirst();
    var admin = CLUSTER.admin();
    var name = pod.getMetadata().getName();
    var ephemeral =
        "{\"spec\":{\"ephemeralContainers\":[{\"name\":\"dbg\",\"image\":\""
            + good.getSpec().getContainers().getFirst().getImage()
            + "\",\"securityContext\":{\"allowPrivilegeEscalation\":false,"
            + "\"capabilities\":{\"drop\":[\"ALL\"]}}}]}}";
    assertThat(subresourceRefusal(admin, name, "ephemeralcontainers", ephemeral)).contains("[18]");
    assertThat(
            subresourceRefusal(
                admin,
                name,
                "resize",
                "{\"spec\":{\"containers\":[{\"name\":\"sandbox\",\"resources\":{\"limits\":{\"memory\":\"256Mi\"}}}]}}"))
        .contains("[18]");
  }

  private static String subresourceRefusal(
      KubernetesClient client, String pod, String subresource, String patch) {
    var e =
        catchThrowableOfType(
            KubernetesClientException.class,
            () ->
                client
                    .pods()
                    .inNamespace(namespace)
                    .withName(pod)
                    .subresource(subresource)
                    .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch));
    return e == null ? "" : String.valueOf(e.getMessage());
  }

  @Test
  @DisplayName("SBX-9 row 19: exec is for cluster admins; a namespace's own editor is refused")
  void exec() throws Exception {
    var pod = tenant.sandboxes().getFirst().getMetadata().getName();
    assertThat(CLUSTER.exec(namespace, pod, "/bin/true")).isEmpty(); // control
    var admin = CLUSTER.admin();
    var role = "e2e-exec-" + tenant.name();
    try (var editor = CLUSTER.as("e2e-editor")) {
      admin
          .resource(
              new io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder()
                  .withNewMetadata()
                  .withName(role)
                  .endMetadata()
                  .addNewRule()
                  .withApiGroups("")
                  .withResources("pods", "pods/exec", "pods/proxy")
                  .withVerbs("*")
                  .endRule()
                  .build())
          .create();
      admin
          .resource(
              new io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder()
                  .withNewMetadata()
                  .withName(role)
                  .endMetadata()
                  .withNewRoleRef()
                  .withApiGroup("rbac.authorization.k8s.io")
                  .withKind("ClusterRole")
                  .withName(role)
                  .endRoleRef()
                  .addNewSubject()
                  .withKind("ServiceAccount")
                  .withName("e2e-editor")
                  .withNamespace(Cluster.SYSTEM)
                  .endSubject()
                  .build())
          .create();
      assertThat(editor.pods().inNamespace(namespace).list().getItems())
          .isNotEmpty(); // its rights are in force
      var refusal =
          catchThrowableOfType(
              KubernetesClientException.class,
              () ->
                  editor.raw(
                      "/api/v1/namespaces/" + namespace + "/pods/" + pod + ":49983/proxy/health"));
      assertThat(String.valueOf(refusal.getMessage())).contains("[19]");
    } finally {
      admin.rbac().clusterRoles().withName(role).delete();
      admin.rbac().clusterRoleBindings().withName(role).delete();
    }
  }

  @Test
  @DisplayName("SBX-9 rows 20 and 22: RoleBindings and NetworkPolicies are the operator's")
  void roleBindingsAndNetworkPolicies() {
    var binding =
        new RoleBindingBuilder()
            .withNewMetadata()
            .withName("x")
            .withNamespace(namespace)
            .endMetadata()
            .withNewRoleRef()
            .withApiGroup("rbac.authorization.k8s.io")
            .withKind("ClusterRole")
            .withName("view")
            .endRoleRef()
            .build();
    var policy =
        new NetworkPolicyBuilder()
            .withNewMetadata()
            .withName("x")
            .withNamespace(namespace)
            .endMetadata()
            .withNewSpec()
            .withNewPodSelector()
            .endPodSelector()
            .endSpec()
            .build();
    var admin = CLUSTER.admin();
    assertThat(refused(() -> admin.resource(binding).create())).contains("[20]");
    assertThat(refused(() -> admin.resource(policy).create())).contains("[22]");
    assertThat(
            refused(() -> admin.network().v1().networkPolicies().inNamespace(namespace).delete()))
        .contains("[22]");
    // control: the same in a namespace that is no tenant's
    policy.getMetadata().setNamespace(tenant.apps());
    binding.getMetadata().setNamespace(tenant.apps());
    admin.resource(policy).create();
    admin.resource(binding).create();
  }

  @Test
  @DisplayName("SBX-9 row 21: labels and annotations of a tenant namespace are the operator's")
  void namespaceMetadata() {
    var admin = CLUSTER.admin();
    for (var patch :
        List.of(
            "{\"metadata\":{\"labels\":{\"hermes.dev/tenant-id\":null}}}",
            "{\"metadata\":{\"labels\":{\"pod-security.kubernetes.io/enforce\":\"privileged\"}}}",
            "{\"metadata\":{\"annotations\":{\"hermes.dev/allowed-images\":\"any\"}}}",
            "{\"metadata\":{\"annotations\":{\"hermes.dev/max-memory\":null}}}")) {
      assertThat(
              refused(() ->
                  admin
                      .namespaces()
                      .withName(namespace)
                      .patch(PatchContext.of(PatchType.JSON_MERGE), patch)))
          .as(patch)
          .contains("[21]");
    }
    var stranger =
        new NamespaceBuilder()
            .withNewMetadata()
            .withName("e2e-stranger")
            .addToLabels("hermes.dev/tenant-id", tenant.id())
            .endMetadata()
            .build();
    assertThat(refused(() -> admin.resource(stranger).create())).contains("[21]");
    // control: a label of the platform's own
    admin
        .namespaces()
        .withName(namespace)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"team\":\"e2e\"}}}");
  }

  @Test
  @DisplayName("K8S-1 a protected tenant is not deleted, and the message says how to go on")
  void protectedTenant() {
    assertThat(refused(() -> CLUSTER.admin().resources(Tenant.class).withName("demo").delete()))
        .contains("kubectl patch tenant demo");
  }

  private static String refused(Runnable call) {
    var e = catchThrowableOfType(KubernetesClientException.class, call::run);
    return e == null ? "" : String.valueOf(e.getMessage());
  }
}
