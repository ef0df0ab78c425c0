package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantSpec.Isolation;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import dev.hermes.database.migrate.Bootstrap;
import dev.hermes.database.migrate.Migrator;
import dev.hermes.database.testing.TestDatabase;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Tenants with a database of their own, from the Secret to the purge. No kubelet runs their Jobs.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class DedicatedClusterIT {
  private static final String SYSTEM = "hermes-system";
  private static final String RELEASE = "hermes.local/operator:test";

  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static TestDatabase own;

  @BeforeAll
  static void start() throws SQLException {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
    own = TestDatabase.empty();
  }

  @AfterAll
  static void stop() {
    own.close();
  }

  private static OperatorProcess operator() {
    return cluster
        .operator(
            Map.of(
                "HERMES_IMAGE", RELEASE,
                "HERMES_IMAGE_PULL_SECRETS", "pull",
                "HERMES_DEDICATED_ALLOW_PLAINTEXT", "true",
                "HERMES_RESYNC_SECONDS", "3"))
        .awaitReady();
  }

  private static Tenant dedicated(String name, String secret, TenantSpec base) {
    return Cluster.tenant(
        name,
        new TenantSpec(
            base.displayName(),
            null,
            base.suspended(),
            new TenantSpec.Database(Isolation.DEDICATED, new TenantSpec.SecretRef(secret)),
            base.apiKeys(),
            base.models(),
            base.tools(),
            base.sandbox(),
            base.limits(),
            base.deletion(),
            base.legalHold(),
            base.adopt(),
            base.mcpServers()));
  }

  private static Tenant dedicated(String name, String secret) {
    return dedicated(name, secret, Cluster.tenant(name).getSpec());
  }

  private static Secret secret(String name, String type, TestDatabase database, String password) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(SYSTEM)
        .endMetadata()
        .withType(type)
        .addToStringData("url", database.url())
        .addToStringData("app", "test-app")
        .addToStringData("provisioner", password)
        .addToStringData("probe", "test-probe")
        .build();
  }

  private static Secret good(String name, TestDatabase database) {
    return secret(name, TenantDatabaseSecret.TYPE, database, "test-provisioner");
  }

  private static void prepare(TestDatabase database) throws SQLException {
    try (Connection superuser = database.superuser()) {
      Bootstrap.roles(superuser);
    }
  }

  private static String at(TestDatabase database, String sql) {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return "";
      }
      try (ResultSet row = statement.getResultSet()) {
        return row.next() ? String.valueOf(row.getString(1)) : "";
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Job job(Tenant tenant) {
    return kubernetes
        .batch()
        .v1()
        .jobs()
        .inNamespace(SYSTEM)
        .withName(
            Names.migrationOf(
                tenant.getMetadata().getName(), cluster.tenant(tenant).getStatus().tenantId()))
        .get();
  }

  private static void migrate(TestDatabase database) throws SQLException {
    new Migrator(database.url(), "test-migrator").migrate();
  }

  @Test
  @DisplayName("TEN-3 Dedicated: each thing that is missing has its reason; then a Job, then Ready")
  void made() throws Exception {
    try (OperatorProcess operator = operator()) {
      Tenant tenant = kubernetes.resource(dedicated("own", "own-db")).create();
      cluster.awaitReason(tenant, ConditionType.DatabaseReady, "DatabaseSecretMissing");
      cluster.awaitReason(tenant, ConditionType.IsolationVerified, "WaitingForDatabase");

      Secret wrong = kubernetes.resource(secret("own-db", "Opaque", own, "x")).create();
      cluster.awaitReason(tenant, ConditionType.DatabaseReady, "DatabaseSecretInvalid");
      kubernetes.resource(wrong).delete();
      kubernetes.resource(secret("own-db", TenantDatabaseSecret.TYPE, own, "wrong-word")).create();
      cluster.awaitReason(tenant, ConditionType.DatabaseReady, "DatabaseLoginRefused");
      assertThat(cluster.message(tenant, ConditionType.DatabaseReady))
          .contains("hermes_provisioner")
          .doesNotContain("wrong-word");

      kubernetes.resource(good("own-db", own)).update();
      cluster.awaitReason(tenant, ConditionType.DatabaseReady, "DatabaseNotPrepared");
      prepare(own);
      cluster.awaitReason(tenant, ConditionType.DatabaseReady, "Migrating");
      theJob(job(tenant));

      migrate(own);
      cluster.awaitReady(tenant);
      Tenant live = cluster.tenant(tenant);
      assertThat(live.getStatus().database().isolation()).isEqualTo(Isolation.DEDICATED);
      assertThat(live.getStatus().database().schemaVersion())
          .isEqualTo(Integer.toString(SchemaVersion.REQUIRED));
      assertThat(live.getStatus().lastSelfTest().result()).isEqualTo("Passed");
      String id = live.getStatus().tenantId();
      assertThat(at(own, "select cr_uid from hermes.tenants where tenant_id = '" + id + "'"))
          .isEqualTo(live.getMetadata().getUid());
      assertThat(
              cluster.sql(
                  "select config->'database'->>'secret' from hermes.tenants where tenant_id = ?::uuid",
                  id))
          .as("who purges needs it")
          .isEqualTo("own-db");

      strangers();
      olderSchema(tenant);
      cluster.delete(tenant);
      assertThat(at(own, "select state from hermes.tenants where tenant_id = '" + id + "'"))
          .isEqualTo("deleted");
      restored(id);
    }
    assertThat(cluster.auditLog()).content().doesNotContain("test-provisioner");
  }

  private static void theJob(Job job) {
    PodSpec pod = job.getSpec().getTemplate().getSpec();
    assertThat(pod.getServiceAccountName()).isEqualTo(Names.MIGRATE_SERVICE_ACCOUNT);
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getImagePullSecrets()).extracting(it -> it.getName()).containsExactly("pull");
    assertThat(pod.getContainers())
        .singleElement()
        .satisfies(container -> {
          assertThat(container.getImage()).isEqualTo(RELEASE);
          assertThat(container.getArgs()).containsExactly("migrate");
          assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
          assertThat(container.getEnv())
              .extracting(EnvVar::getName)
              .containsExactly("HERMES_DB_URL", "HERMES_DB_DIR");
          assertThat(container.getEnv().getFirst().getValueFrom().getSecretKeyRef().getName())
              .isEqualTo("own-db");
        });
    assertThat(pod.getVolumes())
        .filteredOn(volume -> volume.getSecret() != null)
        .singleElement()
        .satisfies(
            volume -> assertThat(volume.getSecret().getSecretName()).isEqualTo("own-db-migrator"));
  }

  /** Other tenants do not get in, and the platform's own database is not another one. */
  private static void strangers() {
    kubernetes.resource(good("second-db", own)).create();
    Tenant second = kubernetes.resource(dedicated("second", "second-db")).create();
    cluster.awaitReason(second, ConditionType.DatabaseReady, "DatabaseTaken");
    kubernetes.resource(good("home-db", cluster.database())).create();
    Tenant home = kubernetes.resource(dedicated("at-home", "home-db")).create();
    cluster.awaitReason(home, ConditionType.DatabaseReady, "DatabaseTaken");
    Tenant unlisted = kubernetes.resource(dedicated("unlisted", "hermes-pepper")).create();
    cluster.awaitReason(unlisted, ConditionType.DatabaseReady, "DatabaseSecretMissing");
    assertThat(cluster.message(unlisted, ConditionType.DatabaseReady))
        .contains("database.dedicated.secrets");
    List.of(second, home, unlisted).forEach(cluster::delete);
  }

  /** As after an upgrade of the operator: the next release needs more. */
  private static void olderSchema(Tenant tenant) {
    Job old = job(tenant);
    if (old != null) {
      kubernetes.resource(old).delete();
    }
    String version = " where version = '" + SchemaVersion.REQUIRED + "'";
    at(own, "update flyway.flyway_schema_history set success = false" + version);
    cluster.awaitReason(tenant, ConditionType.DatabaseReady, "Migrating");
    Cluster.eventually("another Job", () -> job(tenant) != null);
    at(own, "update flyway.flyway_schema_history set success = true" + version);
    cluster.awaitReady(tenant);
  }

  private static void restored(String id) {
    Tenant shared = kubernetes.resource(Cluster.adopting("shared-heir", id)).create();
    cluster.awaitReason(shared, ConditionType.DatabaseReady, "AdoptRefused");
    assertThat(cluster.message(shared, ConditionType.DatabaseReady)).contains("Dedicated");
    cluster.delete(shared);
    Tenant heir =
        kubernetes
            .resource(dedicated("heir", "own-db", Cluster.adopting("heir", id).getSpec()))
            .create();
    cluster.awaitReady(heir);
    assertThat(at(own, "select cr_uid from hermes.tenants where tenant_id = '" + id + "'"))
        .isEqualTo(cluster.tenant(heir).getMetadata().getUid());
    // an empty database must not pass for the tenant's
    try (TestDatabase empty = TestDatabase.create()) {
      kubernetes.resource(good("own-db", empty)).update();
      cluster.awaitReason(heir, ConditionType.DatabaseReady, "DataMissing");
      kubernetes.resource(good("own-db", own)).update();
      cluster.awaitReady(heir);
    }
    cluster.delete(heir);
  }

  @Test
  @DisplayName("the schema of Tenant wants secretRef with Dedicated and with nothing else")
  void validation() {
    Tenant without = Cluster.tenant("no-ref");
    TenantSpec spec = dedicated("no-ref", "x").getSpec();
    without.setSpec(spec);
    assertThat(kubernetes.resource(without).dryRun().create()).as("control").isNotNull();
    assertThatThrownBy(() ->
            kubernetes
                .resource(
                    io.fabric8.kubernetes.client.utils.Serialization.unmarshal(
                        """
                        apiVersion: hermes.dev/v1alpha1
                        kind: Tenant
                        metadata: {name: no-ref}
                        spec: {database: {isolation: Dedicated}}
                        """,
                        io.fabric8.kubernetes.api.model.GenericKubernetesResource.class))
                .create())
        .hasMessageContaining("database.secretRef goes with database.isolation: Dedicated");
  }

  @Test
  @DisplayName(
      "K8S-8 the purge begins in the tenant's own database and fails loudly while it is away")
  void purged() throws Exception {
    try (TestDatabase gone = TestDatabase.create()) {
      Secret secret = kubernetes.resource(good("gone-db", gone)).create();
      String id;
      try (OperatorProcess operator = operator()) {
        Tenant tenant =
            kubernetes
                .resource(dedicated("gone", "gone-db", Cluster.purged("gone").getSpec()))
                .create();
        cluster.awaitReady(tenant);
        id = cluster.tenant(tenant).getStatus().tenantId();
        at(
            gone,
            "insert into hermes.sessions (tenant_id, session_id, user_id) values ('"
                + id
                + "', 's', 'u')");
        cluster.delete(tenant);
      }
      kubernetes.resource(secret).delete();
      String due =
          "update hermes.tenant_deletions set not_before = now() where tenant_id = '" + id + "'";
      cluster.execute("update provision.deletions_acknowledged set until = now()");
      cluster.execute(due);
      at(gone, due);
      try (OperatorProcess operator = operator()) {
        Cluster.eventually(
            "loud", () -> operator.metrics().contains("hermes_purges_total{result=\"failed\"} 1"));
        assertThat(operator.log()).contains("purge of tenant " + id + " failed");
        assertThat(finished(id)).as("at home").isEqualTo("0");
      }
      kubernetes.resource(good("gone-db", gone)).create();
      try (OperatorProcess operator = operator()) {
        Cluster.eventually("purged", () -> finished(id).equals("1"));
        assertThat(at(gone, "select count(*) from hermes.sessions")).isEqualTo("0");
        assertThat(at(gone, "select finished_at is not null from hermes.purge_records"))
            .isEqualTo("t");
      }
    }
  }

  private static String finished(String id) {
    return cluster.sql(
        "select count(*) from hermes.purge_records where tenant_id = ?::uuid and finished_at is not null",
        id);
  }
}
