package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a tenant ends: asked first, then for good, and its data when its time has come. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class DeletionClusterIT {
  private static Cluster cluster;
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
  }

  /** Deletions of other tests are meant, and this one's time has come. */
  private static void due(String id) {
    cluster.execute("update provision.deletions_acknowledged set until = now()");
    cluster.execute(
        "update hermes.tenant_deletions set not_before = now() where tenant_id = '" + id + "'");
  }

  private static String purged(String id) {
    return cluster.sql(
        "select count(*) from hermes.purge_records where tenant_id = ?::uuid and finished_at is not null",
        id);
  }

  private static String deletedTenant(String name) {
    Tenant tenant = kubernetes.resource(Cluster.purged(name)).create();
    cluster.awaitReady(tenant);
    String id = cluster.tenant(tenant).getStatus().tenantId();
    cluster.execute(
        "insert into hermes.sessions (tenant_id, session_id, user_id) values ('"
            + id
            + "', 's', 'u')");
    cluster.delete(tenant);
    return id;
  }

  @Test
  @DisplayName(
      "K8S-8 policy Delete: kept until its time, then purged, recorded, counted and not adoptable")
  void purge() {
    String id;
    String early;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      id = deletedTenant("purged");
      early = deletedTenant("early");
    }
    due(id);
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually("purged", () -> purged(id).equals("1"));
      assertThat(purged(early)).as("its time has not come").isEqualTo("0");
      Cluster.eventually(
          "counted", () -> operator.metrics().contains("hermes_purges_total{result=\"purged\"} 1"));
      assertThat(cluster.sql("select count(*) from hermes.sessions where tenant_id = ?::uuid", id))
          .isEqualTo("0");
      Tenant late = kubernetes.resource(Cluster.adopting("too-late", id)).create();
      cluster.awaitReason(late, ConditionType.DatabaseReady, "AdoptPurged");
      cluster.delete(late);
    }
  }

  @Test
  @DisplayName(
      "K8S-8 four deletions in an hour: nothing is purged before the platform's ConfigMap says so")
  void breaker() {
    cluster.execute("update provision.deletions_acknowledged set until = now()");
    List<String> ids = new ArrayList<>();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      for (int i = 0; i < 4; i++) {
        ids.add(deletedTenant("mass-" + i));
      }
    }
    cluster.execute(
        "update hermes.tenant_deletions set not_before = now() where name like 'mass-%'");
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually(
          "breaker open", () -> operator.metrics().contains("hermes_purge_breaker_open 1"));
      assertThat(ids).allSatisfy(id -> assertThat(purged(id)).isEqualTo("0"));
      Cluster.eventually(
          "said so", () -> operator.log().contains("4 tenants were deleted within an hour"));
    }
    ConfigMap word =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(Names.DELETIONS)
            .withNamespace("hermes-system")
            .endMetadata()
            .addToData(Names.ACKNOWLEDGED_UNTIL, Instant.now().toString())
            .build();
    kubernetes.resource(word).create();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually("all purged", () -> ids.stream().allMatch(id -> purged(id).equals("1")));
      assertThat(operator.metrics()).contains("hermes_purge_breaker_open 0");
    } finally {
      kubernetes.resource(word).delete();
    }
  }

  @Test
  @DisplayName(
      "K8S-8 a namespace that others hold: the Tenant stays and says who, and goes when they let go")
  void blocked() {
    kubernetes.resource(Cluster.policy("blocked")).create();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Tenant tenant = kubernetes.resource(Cluster.tenant("blocked", "blocked")).create();
      cluster.awaitReason(tenant, ConditionType.NamespaceReady, "Provisioned");
      String namespace = cluster.tenant(tenant).getStatus().namespace();
      ConfigMap held =
          kubernetes
              .resource(
                  new ConfigMapBuilder()
                      .withNewMetadata()
                      .withName("held")
                      .withNamespace(namespace)
                      .withFinalizers("example.com/hold")
                      .endMetadata()
                      .build())
              .create();

      kubernetes.resource(tenant).delete();
      cluster.awaitReason(tenant, ConditionType.DeletionBlocked, "ForeignFinalizers");
      assertThat(cluster.message(tenant, ConditionType.DeletionBlocked))
          .contains("example.com/hold", namespace);
      assertThat(
              cluster.sql(
                  "select state from hermes.tenants where cr_uid = ?",
                  tenant.getMetadata().getUid()))
          .as("keys and data do not wait for it")
          .isEqualTo("deleted");

      cluster.patch(held, "{\"metadata\":{\"finalizers\":null}}");
      Cluster.eventually("tenant gone", () -> cluster.tenant(tenant) == null);
      assertThat(kubernetes.namespaces().withName(namespace).get()).isNull();
    }
  }

  @Test
  @DisplayName("K8S-8 admission: neither a protected Tenant nor one under legal hold is deleted")
  void admission() throws Exception {
    install("templates/admission/deletion.yaml", "tenant-deletion");
    Tenant tenant = kubernetes.resource(Cluster.tenant("held")).create();
    cluster.patch(
        tenant,
        """
        {"spec": {"deletion": {"protected": true},
          "legalHold": [{"id": "case-17", "reason": "a case", "since": "2026-01-02"}]}}\
        """);
    // a new policy is in force after a moment
    Cluster.eventually("protected", () -> refusal(tenant).contains("kubectl patch tenant held"));
    cluster.patch(tenant, "{\"spec\":{\"deletion\":{\"protected\":false}}}");
    assertThat(refusal(tenant)).contains("legal hold (case-17)", "spec.legalHold");
    cluster.patch(tenant, "{\"spec\":{\"legalHold\":[]}}");
    assertThat(refusal(tenant, false)).as("control").isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'deletion':{'graceDays':-1}} | spec.deletion.graceDays",
        "{'deletion':{'graceDays':3651}} | spec.deletion.graceDays",
        "{'deletion':{'policy':'Burn'}} | spec.deletion.policy",
        "{'adopt':{'tenantId':'acme'}} | spec.adopt.tenantId",
        "{'legalHold':[{'id':'a','reason':'','since':'2026-01-02'}]} | spec.legalHold[0].reason",
        "{'legalHold':[{'id':'a','reason':'r','since':'soon'}]} | spec.legalHold[0].since",
        "{'legalHold':[{'id':'a','reason':'r','since':'2026-01-02'},"
            + "{'id':'a','reason':'r','since':'2026-01-02'}]} | Duplicate value"
      })
  @DisplayName("K8S-1 a bad deletion, hold or adoption is refused with its path")
  void schema(String spec, String path) {
    Tenant tenant = Cluster.tenant("schema");
    String json =
        """
        {"apiVersion": "hermes.dev/v1alpha1", "kind": "Tenant",
          "metadata": {"name": "schema"}, "spec": %s}\
        """
            .formatted(spec.replace('\'', '"'));
    assertThatThrownBy(() ->
            kubernetes
                .load(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)))
                .items()
                .forEach(item -> kubernetes.raw("/apis/hermes.dev/v1alpha1/tenants", "POST", json)))
        .hasMessageContaining(path);
    assertThat(cluster.tenant(tenant)).isNull();
  }

  private static String refusal(Tenant tenant) {
    return refusal(tenant, true);
  }

  private static String refusal(Tenant tenant, boolean dryRun) {
    try {
      kubernetes.raw(
          "/apis/hermes.dev/v1alpha1/tenants/"
              + tenant.getMetadata().getName()
              + (dryRun ? "?dryRun=All" : ""),
          "DELETE",
          null);
      return "";
    } catch (io.fabric8.kubernetes.client.KubernetesClientException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** A policy of the chart with its binding, as Helm renders them. */
  private static void install(String template, String name) throws Exception {
    Chart.objects(
            kubernetes, "--show-only", template, "--show-only", "templates/admission/bindings.yaml")
        .stream()
        .filter(object -> object.getMetadata().getName().equals("hermes-" + name))
        .forEach(object -> kubernetes.resource(object).create());
  }
}
