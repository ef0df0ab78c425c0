package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.Role;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The process dies right after a named step, and the next one finishes. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class HaltClusterIT {
  private static final int HALTED = 137;

  private static Cluster cluster;
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
  }

  private static String name(String prefix, String step) {
    return prefix + step.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void haltAt(String step) {
    try (OperatorProcess operator = cluster.haltingAt(step)) {
      assertThat(operator.awaitExit()).isEqualTo(HALTED);
    }
  }

  private static String rows(Tenant tenant) {
    return cluster.sql(
        "select count(*) from hermes.tenants where cr_uid = ?",
        cluster.tenant(tenant).getMetadata().getUid());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TENANT_FINALIZER",
        "TENANT_ROW",
        "TENANT_NAMESPACE",
        "TENANT_POLICIES",
        "TENANT_POOL",
        "TENANT_SELFTEST",
        "TENANT_STATUS"
      })
  @DisplayName(
      "TEN/REL: a tenant's creation survives a death after each step: one row, one namespace")
  void creation(String step) {
    String name = name("h-", step);
    kubernetes.resource(Cluster.policy(name)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant(name, name)).create();
    haltAt(step);
    String id =
        cluster.sql(
            "select tenant_id from hermes.tenants where cr_uid = ?", tenant.getMetadata().getUid());

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "CanaryUnreachable");
      Tenant live = cluster.tenant(tenant);

      assertThat(rows(tenant)).isEqualTo("1");
      if (!id.isEmpty()) {
        assertThat(live.getStatus().tenantId()).isEqualTo(id);
      }
      assertThat(
              kubernetes
                  .namespaces()
                  .withLabel(Names.OWNER_UID, live.getMetadata().getUid())
                  .list()
                  .getItems())
          .singleElement()
          .satisfies(namespace ->
              assertThat(namespace.getMetadata().getName())
                  .isEqualTo(live.getStatus().namespace()));
      assertThat(
              kubernetes
                  .network()
                  .networkPolicies()
                  .inNamespace(live.getStatus().namespace())
                  .list()
                  .getItems())
          .hasSize(2);
      kubernetes.resource(tenant).delete();
      Cluster.eventually("tenant gone", () -> cluster.tenant(tenant) == null);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TENANT_SUSPENDED",
        "TENANT_KEYS_REVOKED",
        "TENANT_DRAINED",
        "TENANT_DELETION_ROW",
        "TENANT_NAMESPACE_DELETED"
      })
  @DisplayName(
      "TEN/REL: a tenant's deletion survives a death after each step: one record, no namespace, rows kept")
  void deletion(String step) {
    String name = name("d-", step);
    kubernetes.resource(Cluster.policy(name)).create();
    Tenant tenant = kubernetes.resource(Cluster.tenant(name, name)).create();
    String uid = tenant.getMetadata().getUid();
    String namespace;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReason(tenant, ConditionType.NetworkIsolated, "CanaryUnreachable");
      namespace = cluster.tenant(tenant).getStatus().namespace();
    }
    kubernetes.resource(tenant).delete();
    haltAt(step);
    assertThat(cluster.tenant(tenant)).as("held by its finalizer").isNotNull();

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually("tenant gone", () -> cluster.tenant(tenant) == null);
      Cluster.eventually(
          "namespace gone", () -> kubernetes.namespaces().withName(namespace).get() == null);
    }
    assertThat(cluster.sql("select count(*) from hermes.tenant_deletions where cr_uid = ?", uid))
        .isEqualTo("1");
    assertThat(cluster.sql("select state from hermes.tenants where cr_uid = ?", uid))
        .isEqualTo("deleted");
  }

  @ParameterizedTest
  @ValueSource(strings = {"KEY_FINALIZER", "KEY_SECRET", "KEY_ROW", "KEY_STATUS"})
  @DisplayName(
      "KEY/REL: the issue of a key survives a death after each step: one Secret, one row, the same key")
  void issue(String step) {
    String name = name("i-", step);
    Tenant tenant = kubernetes.resource(Cluster.tenant(name)).create();
    ApiKey key;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(tenant);
    }
    key = kubernetes.resource(Cluster.key(name, name, List.of(Role.USER))).create();
    haltAt(step);
    Secret before = secret(name);

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(key);
      Secret after = secret(name);

      if (before != null) {
        assertThat(after).isEqualTo(before);
      }
      assertThat(cluster.key(key).getStatus().keyId()).isEqualTo(keyId(after));
      assertThat(keyRows(key)).isEqualTo("1");
      kubernetes.resource(key).delete();
      Cluster.eventually("key gone", () -> cluster.key(key) == null);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KEY_REVOKED", "KEY_SECRET_DELETED"})
  @DisplayName("KEY/REL: the end of a key survives a death after each step: revoked, no Secret")
  void end(String step) {
    String name = name("e-", step);
    Tenant tenant = kubernetes.resource(Cluster.tenant(name)).create();
    ApiKey key = kubernetes.resource(Cluster.key(name, name, List.of(Role.USER))).create();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(tenant);
      cluster.awaitReady(key);
    }
    kubernetes.resource(key).delete();
    haltAt(step);

    assertThat(revoked(key)).as("refused from the first step on").isEqualTo("1");
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually("key gone", () -> cluster.key(key) == null);
    }
    assertThat(secret(name)).isNull();
    assertThat(revoked(key)).isEqualTo("1");
  }

  private static Secret secret(String key) {
    return kubernetes.secrets().inNamespace(Cluster.APPS).withName(key + "-hermes").get();
  }

  private static String keyId(Secret secret) {
    return new String(
        Base64.getDecoder().decode(secret.getData().get(Names.KEY_SECRET_ID)),
        StandardCharsets.UTF_8);
  }

  private static String keyRows(ApiKey key) {
    return cluster.sql(
        "select count(*) from authn.key_digests where cr_uid = ?", key.getMetadata().getUid());
  }

  private static String revoked(ApiKey key) {
    return cluster.sql(
        "select count(*) from authn.key_digests where cr_uid = ? and revoked_at is not null",
        key.getMetadata().getUid());
  }
}
