package dev.hermes.database.rls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.functions.Schemas;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The second wall: what each role was never granted. Runs as the roles the processes use. */
class GrantsIT {
  private static final String REFUSED = "42501";
  private static TestDatabase database;
  private static List<TenantTable> tables;
  private static String schema = "";

  @BeforeAll
  static void start() throws SQLException {
    database = TestDatabase.create();
    schema = Schemas.name(Schemas.make(database, "cr-1"));
    try (Connection superuser = database.superuser()) {
      tables = TenantTable.all(superuser);
    }
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @TestFactory
  @DisplayName("R8 R9 TRUNCATE and COPY FROM are refused to every serving role on every table")
  Stream<DynamicTest> never() {
    List<DynamicTest> tests = new ArrayList<>();
    for (TenantTable table : tables) {
      for (String role : List.of("app", "provisioner", "probe", "authn", "platform", "jobs")) {
        tests.add(
            DynamicTest.dynamicTest(
                role + " " + table,
                () -> {
                  assertThat(outcome(role, "truncate " + table)).isEqualTo(REFUSED);
                  // Without the grant, or, with it, because of row-level security.
                  assertThat(outcome(role, "copy " + table + " from stdin")).isIn(REFUSED, "0A000");
                }));
      }
    }
    return tests.stream();
  }

  @ParameterizedTest
  @DisplayName("AUD-4 TEN-4 what the application may not write, the database refuses")
  @CsvSource(
      delimiter = '|',
      value = {
        "update hermes.audit_log set actor = 'x'",
        "delete from hermes.audit_log",
        "update hermes.messages set role = 'x'",
        "delete from hermes.usage_records",
        "delete from hermes.execution_receipts",
        "delete from hermes.sandbox_leases",
        "update hermes.tenants set state = 'active'",
        "delete from hermes.tenants",
        "select * from hermes.isolation_canary",
        "select * from hermes.tenant_deletions",
        "select * from authn.key_digests",
        "select * from authn.lookup('000000000000')",
        "select authn.epoch()",
        "select lease.close('x')",
        "select * from lease.over()",
        "select * from lease.take_jobs(false, '1 s', 1)",
        "select provision.fence(1)",
        "select provision.purge_tenant(gen_random_uuid(), 1, 0)",
        "select provision.adopt_tenant(gen_random_uuid(), 'a', 'b', 'c', 'd', 0)",
        "select provision.acknowledge_deletions(now(), 0)",
        "select * from hermes.purge_records",
        "select hermes.ensure_partitions()",
        "set role hermes_owner",
        "set role hermes_migrator",
        "set role postgres",
        "create table hermes.mine (tenant_id uuid)",
        "create temporary table mine (tenant_id uuid)",
        "create schema mine",
        "create table public.mine (a int)",
        "alter table hermes.sessions no force row level security",
        "drop policy tenant_select on hermes.sessions",
        "alter role hermes_app bypassrls",
        "copy hermes.sessions to program 'id'",
        "select pg_read_file('/etc/passwd')"
      })
  void app(String sql) {
    assertThat(outcome("app", sql)).isEqualTo(REFUSED);
  }

  @ParameterizedTest
  @DisplayName("TEN-4 the operator and the key look-up reach no tenant's content")
  @CsvSource(
      delimiter = '|',
      value = {
        "provisioner | select * from hermes.sessions",
        "provisioner | select * from hermes.messages",
        "provisioner | select * from hermes.sandbox_leases",
        "provisioner | select * from hermes.isolation_canary",
        "provisioner | update hermes.tenants set state = 'active'",
        "provisioner | select * from hermes.tenant_deletions",
        "provisioner | update hermes.tenant_deletions set not_before = now()",
        "provisioner | select * from hermes.purge_records",
        "provisioner | delete from hermes.sessions",
        "provisioner | update provision.deletions_acknowledged set until = now()",
        "provisioner | select * from authn.key_digests",
        "provisioner | select * from authn.lookup('000000000000')",
        "jobs | select * from hermes.jobs",
        "jobs | select * from hermes.job_turns",
        "authn | select * from authn.key_digests",
        "authn | select * from hermes.tenants",
        "authn | select authn.revoke('000000000000', 0)",
        "probe | select * from hermes.sessions",
        "probe | update hermes.isolation_canary set canary = canary",
        "probe | delete from hermes.isolation_canary",
        "platform | select * from hermes.sessions",
        "platform | select * from hermes.messages",
        "jobs | select * from hermes.tenants"
      })
  void others(String role, String sql) {
    assertThat(outcome(role, sql)).isEqualTo(REFUSED);
  }

  @ParameterizedTest
  @DisplayName(
      "AUD-4 TEN-4 nobody may write more, or see more, in a tenant's own schema than in hermes")
  @CsvSource(
      delimiter = '|',
      value = {
        "app | update %s.audit_log set actor = 'x'",
        "app | delete from %s.audit_log",
        "app | update %s.messages set role = 'x'",
        "app | delete from %s.usage_records",
        "app | select * from %s.isolation_canary",
        "app | create table %s.mine (tenant_id uuid)",
        "app | drop schema %s",
        "provisioner | select * from %s.sessions",
        "provisioner | select * from %s.isolation_canary",
        "probe | select * from %s.sessions",
        "probe | delete from %s.isolation_canary",
        "authn | select * from %s.sessions",
        "platform | select * from %s.messages",
        "jobs | select * from %s.usage_records"
      })
  void ownSchema(String role, String sql) {
    assertThat(outcome(role, sql.formatted(schema))).isEqualTo(REFUSED);
  }

  @Test
  @DisplayName("the backup role reads every table and writes none")
  void backup() {
    for (TenantTable table : tables) {
      assertThat(outcome("backup", "select * from " + table)).isEqualTo("done");
      assertThat(outcome("backup", "delete from " + table)).isEqualTo(REFUSED);
    }
  }

  private static String outcome(String role, String sql) {
    try (Connection connection = database.connect(role);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(sql);
      connection.rollback();
      return "done";
    } catch (SQLException e) {
      return e.getSQLState();
    }
  }
}
