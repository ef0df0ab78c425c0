package dev.hermes.operator.cluster;

import static dev.hermes.operator.cluster.Cluster.eventually;
import static dev.hermes.operator.cluster.Cluster.tenant;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantStatus;
import dev.hermes.database.check.MetaCheck;
import dev.hermes.database.check.SchemaVersion;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Isolation Schema, from the apply to the purge, whatever dies in between. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class SchemaClusterIT {
  private static final Map<String, String> RESYNC = Map.of("HERMES_RESYNC_SECONDS", "2");

  private final Cluster cluster = Cluster.get();

  private static Tenant own(String name) {
    TenantSpec spec =
        tenant(name)
            .getSpec()
            .withDeletion(new TenantSpec.Deletion(TenantSpec.DeletionPolicy.DELETE, 0, false));
    return tenant(
        name, spec.withDatabase(new TenantSpec.Database(TenantSpec.Isolation.SCHEMA, null)));
  }

  private Tenant apply(Tenant tenant) {
    return cluster.kubernetes().resource(tenant).create();
  }

  private String id(Tenant tenant) {
    return cluster.tenant(tenant).getStatus().tenantId();
  }

  private static String schema(String id) {
    return "hermes_t_" + id.replace("-", "");
  }

  private Secret secret(Tenant tenant, String id) {
    return cluster
        .kubernetes()
        .secrets()
        .inNamespace(Cluster.LOGINS)
        .withName(Names.loginSecretOf(tenant.getMetadata().getName(), id))
        .get();
  }

  private static String text(Secret secret, String key) {
    return new String(
        Base64.getDecoder().decode(secret.getData().get(key)), StandardCharsets.UTF_8);
  }

  /** What the login in the Secret sees of its sessions. */
  private String sessions(Secret secret) throws SQLException {
    try (Connection login =
            DriverManager.getConnection(
                text(secret, "url"), text(secret, "username"), text(secret, "password"));
        Statement statement = login.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select coalesce(string_agg(session_id, ','), '') from sessions")) {
      row.next();
      return row.getString(1);
    }
  }

  private void session(String tenantId, String schema, String session) {
    cluster.execute(
        "insert into %s.sessions (tenant_id, session_id, user_id) values ('%s', '%s', 'u')"
            .formatted(schema, tenantId, session));
  }

  private void sound() throws SQLException {
    try (Connection app = cluster.database().connect("app")) {
      assertThat(MetaCheck.run(app)).isEmpty();
    }
  }

  @Test
  @DisplayName(
      "TEN-4 a tenant with isolation Schema gets schema and login, and sees its rows alone")
  void ready() throws Exception {
    Tenant acme = own("own-ready");
    Tenant other = own("own-other");
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      apply(acme);
      apply(other);
      cluster.awaitReady(acme);
      cluster.awaitReady(other);
    }
    String id = id(acme);
    assertThat(cluster.tenant(acme).getStatus().database())
        .isEqualTo(
            new TenantStatus.Database(
                TenantSpec.Isolation.SCHEMA, Integer.toString(SchemaVersion.REQUIRED)));
    session(id, schema(id), "mine");
    session(id(other), schema(id(other)), "theirs");
    session(id, "hermes", "elsewhere");
    Secret secret = secret(acme, id);
    assertThat(secret.getType()).isEqualTo(Names.LOGIN_SECRET_TYPE);
    assertThat(sessions(secret)).isEqualTo("mine");
    assertThat(cluster.message(acme, ConditionType.DatabaseReady))
        .contains(schema(id), secret.getMetadata().getName())
        .doesNotContain(text(secret, "password"));
    assertThat(log()).doesNotContain(text(secret, "password"));
    sound();
  }

  private String log() throws IOException {
    return Files.readString(cluster.log());
  }

  @Test
  @DisplayName(
      "KEY-6 a login whose Secret is deleted gets another password; a foreign Secret is left alone")
  void rotation() throws Exception {
    Tenant acme = own("own-rotation");
    try (OperatorProcess operator = cluster.operator(RESYNC).awaitReady()) {
      apply(acme);
      cluster.awaitReady(acme);
      String id = id(acme);
      Secret before = secret(acme, id);
      cluster.kubernetes().resource(before).delete();
      eventually("a new Secret", () -> secret(acme, id) != null);
      eventually("its password in force", () -> "".equals(quietly(secret(acme, id))));
      assertThat(text(secret(acme, id), "password")).isNotEqualTo(text(before, "password"));
      assertThatThrownBy(() -> sessions(before)).isInstanceOf(SQLException.class);

      cluster.kubernetes().resource(secret(acme, id)).delete();
      Secret foreign =
          new SecretBuilder()
              .withNewMetadata()
              .withNamespace(Cluster.LOGINS)
              .withName(before.getMetadata().getName())
              .endMetadata()
              .addToStringData("password", "x")
              .build();
      try {
        cluster.kubernetes().resource(foreign).create();
        cluster.awaitReason(acme, ConditionType.DatabaseReady, "SecretTaken");
        assertThat(secret(acme, id).getData()).containsOnlyKeys("password");
        cluster.kubernetes().resource(foreign).delete();
      } catch (KubernetesClientException alreadyMade) {
        assertThat(alreadyMade.getCode()).as("the operator was first").isEqualTo(409);
      }
      cluster.awaitReady(acme);
    }
  }

  private String quietly(Secret secret) {
    try {
      return secret == null ? "none" : sessions(secret);
    } catch (SQLException e) {
      return e.getSQLState();
    }
  }

  @Test
  @DisplayName(
      "K8S-8 suspended, the login is off; deleted and purged, schema, role and Secret are gone")
  void end() throws Exception {
    Tenant acme = own("own-end");
    String id;
    try (OperatorProcess operator = cluster.operator(RESYNC).awaitReady()) {
      apply(acme);
      cluster.awaitReady(acme);
      id = id(acme);
      session(id, schema(id), "mine");
      Secret secret = secret(acme, id);
      cluster.patch(acme, "{\"spec\":{\"suspended\":true}}");
      eventually("login off", () -> !"mine".equals(quietly(secret)));
      cluster.patch(acme, "{\"spec\":{\"suspended\":false}}");
      eventually("login on", () -> "mine".equals(quietly(secret)));
      cluster.delete(acme);
      assertThat(secret(acme, id)).isNull();
      assertThat(quietly(secret)).isEqualTo("28000");
      assertThat(cluster.sql("select count(*) from " + schema(id) + ".sessions")).isEqualTo("1");
    }
    cluster.execute("update hermes.tenant_deletions set not_before = now() where name = 'own-end'");
    cluster.execute("update provision.deletions_acknowledged set until = now()");
    String gone = id;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      eventually(
          "purged",
          () ->
              cluster
                  .sql("select count(*) from pg_namespace where nspname = ?", schema(gone))
                  .equals("0"));
    }
    assertThat(cluster.sql("select count(*) from pg_roles where rolname = ?", schema(id)))
        .isEqualTo("0");
    sound();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TENANT_ROW",
        "TENANT_SCHEMA",
        "TENANT_LOGIN_SECRET",
        "TENANT_LOGIN",
        "TENANT_SELFTEST"
      })
  @DisplayName(
      "K8S-6 killed between row, schema, Secret and role, the next process comes to the same end")
  void killed(String step) throws Exception {
    Tenant acme = own("own-" + step.toLowerCase(Locale.ROOT).replace('_', '-'));
    try (OperatorProcess halting = cluster.haltingAt(step)) {
      apply(acme);
      halting.awaitExit();
    }
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReady(acme);
    }
    String id = id(acme);
    session(id, schema(id), "mine");
    assertThat(sessions(secret(acme, id))).isEqualTo("mine");
    assertThat(
            cluster
                .kubernetes()
                .secrets()
                .inNamespace(Cluster.LOGINS)
                .withLabel(Names.TENANT, acme.getMetadata().getName())
                .list()
                .getItems())
        .hasSize(1);
    assertThat(
            cluster.sql(
                "select count(*) from hermes.tenants where name = ?", acme.getMetadata().getName()))
        .isEqualTo("1");
    sound();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TENANT_SUSPENDED", "TENANT_LOGIN_SECRET_DELETED", "TENANT_DELETION_ROW"})
  @DisplayName(
      "K8S-6 killed while the tenant ends, the next process leaves neither login nor Secret")
  void killedWhileEnding(String step) throws Exception {
    Tenant acme = own("own-end-" + step.toLowerCase(Locale.ROOT).replace('_', '-'));
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      apply(acme);
      cluster.awaitReady(acme);
    }
    String id = id(acme);
    session(id, schema(id), "mine");
    Secret secret = secret(acme, id);
    assertThat(sessions(secret)).as("control").isEqualTo("mine");
    cluster.kubernetes().resource(acme).delete();
    try (OperatorProcess halting = cluster.haltingAt(step)) {
      halting.awaitExit();
    }
    assertThat(quietly(secret)).as("off from the first step on").isEqualTo("28000");
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      eventually("gone", () -> cluster.tenant(acme) == null);
    }
    assertThat(secret(acme, id)).isNull();
    assertThat(quietly(secret)).isEqualTo("28000");
    assertThat(cluster.sql("select count(*) from " + schema(id) + ".sessions")).isEqualTo("1");
    sound();
  }

  @Test
  @DisplayName(
      "K8S-8 data of isolation Schema come back to a Tenant of that isolation and to no other")
  void adopted() throws Exception {
    Tenant acme = own("own-adopted");
    try (OperatorProcess operator = cluster.operator(RESYNC).awaitReady()) {
      apply(acme);
      cluster.awaitReady(acme);
      String id = id(acme);
      session(id, schema(id), "mine");
      cluster.delete(acme);

      Tenant wrong = Cluster.adopting("own-adopted-wrong", id);
      apply(wrong);
      cluster.awaitReason(wrong, ConditionType.DatabaseReady, "AdoptRefused");
      assertThat(cluster.message(wrong, ConditionType.DatabaseReady)).contains("Schema");
      cluster.delete(wrong);

      Tenant right = tenant("own-adopted-right", own("x").getSpec().adopting(id));
      apply(right);
      cluster.awaitReady(right);
      assertThat(sessions(secret(right, id))).isEqualTo("mine");
    }
    sound();
  }

  @Test
  @DisplayName("TEN-2 a database with 500 schemas takes no more and says what to do")
  void full() {
    Tenant acme = own("own-full");
    try (OperatorProcess operator = cluster.operator(RESYNC).awaitReady()) {
      cluster.execute(
          "insert into layout.tenant_schemas (tenant_id, version)"
              + " select ('0198f5b2-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, "
              + SchemaVersion.REQUIRED
              + " from generate_series(1, 500) n");
      try {
        apply(acme);
        cluster.awaitReason(acme, ConditionType.DatabaseReady, "SchemasFull");
        assertThat(cluster.message(acme, ConditionType.DatabaseReady)).contains("500", "purged");
      } finally {
        cluster.execute(
            "delete from layout.tenant_schemas where tenant_id::text like '0198f5b2-0000-7000-8000-%'");
      }
      cluster.awaitReady(acme);
    }
  }
}
