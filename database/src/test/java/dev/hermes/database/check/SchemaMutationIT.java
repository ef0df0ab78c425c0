package dev.hermes.database.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.functions.Schemas;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What can go wrong with tenants' own schemas, each planted in a transaction that is rolled back:
 * the meta-check must name it.
 */
class SchemaMutationIT {
  private static TestDatabase database;
  private static UUID tenant;
  private static String a = "";
  private static String b = "";

  @BeforeAll
  static void start() {
    database = TestDatabase.create();
    tenant = Schemas.make(database, "cr-1");
    a = Schemas.name(tenant);
    b = Schemas.name(Schemas.make(database, "cr-2"));
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  /** In all texts, A and B stand for the schemas, and logins, of two tenants. */
  private record Defect(String rule, String object, String sql) {}

  private static Defect defect(String rule, String object, String sql) {
    return new Defect(rule, object, sql);
  }

  private static final List<Defect> DEFECTS =
      List.of(
          // what a migration may forget
          defect("schema-differs", "A.sessions", "alter table A.sessions drop column title"),
          defect(
              "schema-differs", "A.sessions", "alter table hermes.sessions add column mood text"),
          defect("schema-differs", "A.sessions", "alter table A.sessions add column mood text"),
          defect("schema-differs", "A.sessions", "alter table A.sessions alter title set not null"),
          defect(
              "schema-differs",
              "A.sessions",
              "alter table A.sessions alter updated_at drop default"),
          defect(
              "schema-differs", "A.sessions", "alter table A.sessions alter title type varchar(9)"),
          defect(
              "schema-differs",
              "A.audit_log",
              "alter table A.audit_log drop constraint audit_log_outcome_check"),
          defect("schema-differs", "A.messages", "drop index A.messages_of_session"),
          defect(
              "schema-differs", "A.messages", "alter index A.messages_of_session rename to other"),
          defect(
              "schema-differs", "A.messages", "create index other on A.messages (tenant_id, role)"),
          defect(
              "schema-differs",
              "A.messages",
              """
              alter table A.messages drop constraint messages_tenant_id_user_id_session_id_fkey,
                add foreign key (tenant_id, user_id, session_id)
                  references hermes.sessions on delete cascade\
              """),
          defect("schema-differs", "A.messages", "drop table A.messages"),
          defect("schema-differs", "A.notes", "create table A.notes (tenant_id uuid not null)"),
          defect("schema-differs", "A.sessions", "revoke insert on A.sessions from hermes_app"),
          defect(
              "schema-differs",
              "A.isolation_canary",
              "revoke select on A.isolation_canary from hermes_probe"),
          defect("schema-owner", "A.sessions", "alter table A.sessions drop constraint own_tenant"),
          defect(
              "schema-owner",
              "A.sessions",
              """
              alter table A.sessions drop constraint own_tenant,
                add constraint own_tenant check (tenant_id is not null)\
              """),
          defect("content", "hermes.notes", "create table hermes.notes (tenant_id uuid not null)"),
          defect("content", "hermes.messages", "drop table hermes.messages"),
          defect("schema-missing", "A", "drop schema A cascade"),
          defect("schema-unknown", "A", "delete from layout.tenant_schemas where schema = 'A'"),
          defect(
              "schema-unknown",
              "hermes_t_x",
              "create schema hermes_t_x authorization hermes_owner"),
          // who may reach it
          defect("policy-missing", "A.sessions", "drop policy tenant_select on A.sessions"),
          defect(
              "policy-purge",
              "A.sessions",
              "alter policy tenant_delete on A.sessions to hermes_app"),
          defect(
              "policy-role",
              "A.sessions",
              "alter policy tenant_select on A.sessions to hermes_app, hermes_owner, B"),
          defect("policy-extra", "A.sessions", "alter policy login_select on A.sessions to B"),
          defect(
              "policy-extra", "A.sessions", "alter policy login_select on A.sessions using (true)"),
          defect(
              "policy-extra",
              "hermes.sessions",
              "create policy login_select on hermes.sessions for select to A using (true)"),
          defect(
              "rls-forced", "A.audit_log", "alter table A.audit_log no force row level security"),
          defect("grant", "A.sessions", "grant select on A.sessions to B"),
          defect("grant", "A.sessions", "grant insert on A.sessions to A"),
          defect("grant", "A.isolation_canary", "grant select on A.isolation_canary to A"),
          defect("grant", "hermes.sessions", "grant select on hermes.sessions to A"),
          defect("grant", "A.messages_default", "grant select on A.messages_default to A"),
          defect("schema-grant", "A", "grant usage on schema A to B"),
          defect("schema-grant", "A", "grant create on schema A to A"),
          defect("schema-grant", "hermes", "grant usage on schema hermes to A"),
          defect("schema-grant", "layout", "grant usage on schema layout to A"),
          defect("grant", "layout.tenant_schemas", "grant select on layout.tenant_schemas to A"),
          defect(
              "grant",
              "provision.tenant_logins",
              "grant select on provision.tenant_logins to hermes_app"),
          defect(
              "execute",
              "provision.tenant_role(uuid, boolean, text)",
              "grant execute on function provision.tenant_role(uuid, boolean, text) to hermes_provisioner"),
          defect("owner", "A.sessions", "alter table A.sessions owner to postgres"),
          defect("owner", "A", "alter schema A owner to postgres"),
          defect(
              "owner",
              "provision.tenant_role(uuid, boolean, text)",
              "alter function provision.tenant_role(uuid, boolean, text) owner to postgres"),
          defect(
              "search-path",
              "provision.tenant_role(uuid, boolean, text)",
              "alter function provision.tenant_role(uuid, boolean, text) reset search_path"),
          // the logins
          defect("role", "A", "alter role A createdb"),
          defect("role", "A", "alter role A createrole"),
          defect("role", "A", "alter role A bypassrls"),
          defect("role", "A", "alter role A superuser"),
          defect("role", "A", "alter role A inherit"),
          defect("role", "A", "alter role A connection limit 100"),
          defect("role", "A", "alter role A connection limit -1"),
          defect("role", "hermes_roles", "alter role hermes_roles login"),
          defect("member", "A", "grant hermes_owner to A"),
          defect("member", "A", "grant B to A"),
          defect("member", "A", "grant pg_read_all_data to A"),
          defect("member", "hermes_app", "grant A to hermes_app"),
          defect("member", "hermes_roles", "grant hermes_owner to hermes_roles"),
          defect("member", "hermes_roles", "grant A to hermes_roles with inherit true"),
          defect(
              "setting",
              "A",
              "alter role A set app.current_tenant = '0198f5b2-0000-7000-8000-000000000001'"),
          defect("setting", "A", "alter role A set app.other = 'x'"),
          defect("setting", "app.current_tenant", "grant set on parameter app.current_tenant to A"),
          defect("setting", "app.other", "grant set on parameter app.other to hermes_roles"),
          defect(
              "advisory-lock",
              "pg_advisory_lock(bigint)",
              "grant execute on function pg_advisory_lock(bigint) to public"));

  @TestFactory
  @DisplayName("TEN-8 R47 each defect of a tenant's own schema turns the check red")
  Stream<DynamicTest> eachDefect() {
    return DEFECTS.stream()
        .map(defect ->
            DynamicTest.dynamicTest(defect.rule() + ": " + defect.sql(), () -> red(defect)));
  }

  @Test
  @DisplayName("TEN-8 a login may connect to the database of its tenant and to no other")
  void otherDatabase() throws Exception {
    try (TestDatabase other = TestDatabase.create();
        Connection connection = other.superuser();
        Statement statement = connection.createStatement()) {
      assertThat(MetaCheck.run(connection)).as("control: the role exists here as well").isEmpty();
      statement.execute("grant connect on database " + other.name() + " to " + a);
      assertThat(MetaCheck.run(connection))
          .singleElement()
          .extracting(Violation::rule)
          .isEqualTo("database-grant");
    }
  }

  @Test
  @DisplayName("a schema that a migration has not reached is not compared, its walls are")
  void behind() throws Exception {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("alter table hermes.sessions add column mood text");
      statement.execute("alter table %s.sessions add column mood text".formatted(b));
      assertThat(MetaCheck.run(connection)).as("control").isNotEmpty();
      statement.execute(
          "update layout.tenant_schemas set version = 7 where tenant_id = '" + tenant + "'");
      assertThat(MetaCheck.run(connection)).isEmpty();
      statement.execute("drop policy tenant_select on %s.sessions".formatted(a));
      assertThat(MetaCheck.run(connection)).extracting(Violation::rule).contains("policy-missing");
      connection.rollback();
    }
  }

  private static void red(Defect defect) throws Exception {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("set local lock_timeout = '5s'");
      statement.execute(named(defect.sql()));
      statement.execute("set local role hermes_app");
      assertThat(MetaCheck.run(connection))
          .anySatisfy(violation -> {
            assertThat(violation.rule()).isEqualTo(defect.rule());
            assertThat(violation.object()).isEqualTo(named(defect.object()));
          });
      connection.rollback();
    }
  }

  private static String named(String text) {
    return text.replaceAll("\\bA\\b", a).replaceAll("\\bB\\b", b);
  }
}
