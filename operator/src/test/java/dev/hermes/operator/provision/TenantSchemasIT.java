package dev.hermes.operator.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.access.Pools;
import dev.hermes.database.id.UuidV7;
import dev.hermes.database.key.ScramVerifier;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TenantSchemasIT {
  private TestDatabase database;
  private HikariDataSource provisioner;
  private HikariDataSource probe;
  private Fenced fenced;
  private TenantSchemas schemas;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = pool("provisioner");
    probe = pool("probe");
    fenced = new Fenced(provisioner, () -> 0, () -> {});
    schemas = new TenantSchemas(fenced);
  }

  @AfterEach
  void stop() {
    provisioner.close();
    probe.close();
    database.close();
  }

  private HikariDataSource pool(String role) {
    return Pools.autoCommit(
        database.url(), "hermes_" + role, database.passwordDir().resolve(role), 2, "test-" + role);
  }

  private UUID make(String uid) {
    UUID tenant = UuidV7.next();
    fenced.call((handle, fence) ->
        handle.execute(
            "select provision.upsert_tenant(?, ?, 'a', 'a', null, 'active', 1, '{}'::jsonb, 'c', ?)",
            uid,
            tenant,
            fence));
    assertThat(schemas.create(tenant)).isTrue();
    schemas.login(tenant, ScramVerifier.of("a-password-of-thirty-two-characters", name(tenant)));
    return tenant;
  }

  private static String name(UUID tenant) {
    return "hermes_t_" + tenant.toString().replace("-", "");
  }

  private void superuser(String sql) throws SQLException {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long partitions(String schema) throws SQLException {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select count(*) from pg_class where relispartition and relkind = 'r'"
                    + " and relnamespace = '"
                    + schema
                    + "'::regnamespace")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static String nextMonths(String schema) {
    return """
    do $$ declare v regclass; begin
      for v in select c.oid from pg_class c
        where c.relispartition and c.relkind = 'r' and c.relnamespace = '%1$s'::regnamespace
          and c.relname = 'messages' || to_char(now() at time zone 'UTC' + interval '1 month', '"_"YYYY"_"MM')
      loop execute 'drop table ' || v; end loop; end $$\
    """
        .formatted(schema);
  }

  @Test
  @DisplayName("the months to come are made in every schema; one that fails stops no other")
  void partitions() throws SQLException {
    UUID one = make("cr-1");
    UUID two = make("cr-2");
    assertThat(partitions(name(one))).as("four months of five tables").isEqualTo(20);
    assertThat(schemas.ensurePartitions()).as("all are there").isZero();
    for (String schema : new String[] {"hermes", name(one), name(two)}) {
      superuser(nextMonths(schema));
    }
    assertThat(partitions(name(one))).as("control").isEqualTo(19);

    superuser("alter table " + name(one) + ".messages owner to postgres");
    assertThatThrownBy(() -> schemas.ensurePartitions()).isInstanceOf(RuntimeException.class);
    assertThat(partitions(name(one))).isEqualTo(19);
    assertThat(partitions(name(two))).isEqualTo(20);

    superuser("alter table " + name(one) + ".messages owner to hermes_owner");
    assertThat(schemas.ensurePartitions()).isEqualTo(1);
    assertThat(partitions(name(one))).as("four months of five tables").isEqualTo(20);
  }

  @Test
  @DisplayName(
      "TEN-8 the self-test looks into the tenant's own schema, and notices when its wall is down")
  void selfTest() throws SQLException {
    UUID tenant = make("cr-1");
    String schema = name(tenant);
    IsolationSelfTest test = new IsolationSelfTest(probe);
    assertThat(test.failure(tenant, schema)).isEmpty();
    superuser("alter table " + schema + ".isolation_canary disable row level security");
    assertThat(test.failure(tenant, "hermes")).isEmpty();
    assertThat(test.failure(tenant, schema))
        .hasValueSatisfying(text -> assertThat(text).contains("without a tenant context"));
    assertThatThrownBy(() -> test.failure(tenant, "public; --"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void find() {
    assertThat(schemas.find(UUID.randomUUID())).isEqualTo(Optional.empty());
    UUID tenant = make("cr-1");
    assertThat(schemas.find(tenant))
        .hasValueSatisfying(found -> {
          assertThat(found.name()).isEqualTo(name(tenant));
          assertThat(found.verifierSha256()).isPresent();
        });
  }
}
