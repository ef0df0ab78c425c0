package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.TenantSpec;
import java.sql.DriverManager;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A tenant with a schema and a login of its own, on the node. */
class OwnSchemaE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static TestTenant tenant;

  @BeforeAll
  static void prepare() {
    tenant =
        TestTenant.apply(
            "schema",
            SandboxPolicySpec.defaults(),
            new TenantSpec.Database(TenantSpec.Isolation.SCHEMA, null));
  }

  @AfterAll
  static void cleanUp() throws Exception {
    if (tenant != null) {
      tenant.close();
    }
  }

  @Test
  @DisplayName("TEN-4 Schema: what users make is in the tenant's schema, and its login reads it")
  void ownSchema() throws Exception {
    tenant.awaitReady();
    String schema = "hermes_t_" + tenant.id().replace("-", "");
    assertThat(tenant.api().python("s", "print(6 * 7)")).contains("42");
    try (var root = CLUSTER.sql("superuser")) {
      for (String table : List.of("messages", "usage_records", "execution_receipts", "audit_log")) {
        String count = "select count(*) from %s." + table + " where tenant_id = ?::uuid";
        assertThat(root.column(count.formatted(schema), tenant.id())).as(table).doesNotContain("0");
        assertThat(root.column(count.formatted("hermes"), tenant.id()))
            .as(table + " in hermes")
            .containsExactly("0");
      }
    }
    String secret = Names.loginSecretOf(tenant.name(), tenant.id());
    var forward = CLUSTER.forward(CLUSTER.pods("postgresql").getFirst(), 5432);
    try (forward;
        var login =
            DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + forward.getLocalPort() + "/hermes?sslmode=disable",
                CLUSTER.secret(Cluster.SYSTEM + "-logins", secret, "username"),
                CLUSTER.secret(Cluster.SYSTEM + "-logins", secret, "password"));
        var rows = login.createStatement().executeQuery("select session_id from sessions")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("s");
    }
  }
}
