package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.hermes.database.check.Preflight;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.functions.Caller.SqlFailed;
import dev.hermes.database.key.ScramVerifier;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A schema and a login of a tenant's own: made whole, weak, and gone with the tenant. */
class SchemaIT {
  private TestDatabase database;
  private Caller provisioner;
  private Caller app;
  private Caller backup;

  @BeforeEach
  void start() {
    database = TestDatabase.create();
    provisioner = new Caller(database, "provisioner");
    app = new Caller(database, "app");
    backup = new Caller(database, "backup");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private void superuser(String sql) {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void walls() throws SQLException {
    try (Connection connection = database.connect("app")) {
      Preflight.verify(connection);
    }
  }

  private void session(UUID tenant, String schema, String session) {
    app.inTenant(
        tenant,
        "insert into " + schema + ".sessions (tenant_id, session_id, user_id) values (?, ?, 'u')",
        tenant,
        session);
  }

  private static String outcome(Connection connection, String sql) {
    try (Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return "done";
      }
      try (ResultSet row = statement.getResultSet()) {
        return row.next() ? String.valueOf(row.getString(1)) : "nothing";
      }
    } catch (SQLException e) {
      return e.getSQLState();
    }
  }

  private static String refusal(Runnable work) {
    try {
      work.run();
      return "";
    } catch (SqlFailed e) {
      return e.state();
    }
  }

  @Test
  @DisplayName("TEN-2 a new schema has every wall of hermes, and a second call changes nothing")
  void create() throws SQLException {
    UUID tenant = Schemas.make(provisioner, "cr-1");
    walls();
    assertThat(provisioner.value("select provision.create_schema(?, 0)", tenant))
        .isEqualTo(SchemaVersion.REQUIRED);
    Schemas.open(provisioner, tenant);
    walls();
    assertThat(backup.value("select count(*) from " + Schemas.name(tenant) + ".isolation_canary"))
        .isEqualTo(1L);
    assertThat(
            backup.value(
                "select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid"
                    + " where c.relnamespace = ?::regnamespace",
                Schemas.name(tenant)))
        .as("default, this month and two more of each of four tables, and their indexes")
        .satisfies(count -> assertThat((long) count).isGreaterThanOrEqualTo(16L));
    assertThat(provisioner.value("select hermes.ensure_partitions(?::name)", Schemas.name(tenant)))
        .isEqualTo(0);
  }

  @Test
  @DisplayName("TEN-2 the API's role sees a tenant's schema in that tenant's context alone")
  void cross() {
    UUID a = Schemas.make(provisioner, "cr-1");
    UUID b = Schemas.make(provisioner, "cr-2");
    session(a, Schemas.name(a), "of-a");
    String count = "select count(*) from " + Schemas.name(a) + ".sessions";
    assertThat(app.inTenant(a, count).toString()).as("control").contains("1");
    assertThat(app.inTenant(b, count).toString()).contains("0").doesNotContain("1");
    assertThat(refusal(() -> session(b, Schemas.name(a), "of-b")))
        .as("its own row, but not in its own schema")
        .isEqualTo("23514");
    assertThat(
            refusal(() ->
                app.inTenant(
                    b,
                    "insert into "
                        + Schemas.name(a)
                        + ".sessions (tenant_id, session_id, user_id) values (?, 'x', 'u')",
                    a)))
        .isEqualTo("42501");
  }

  @Test
  @DisplayName("TEN-2 TEN-4 a tenant's login reads its own content and reaches nothing else")
  void login() throws SQLException {
    UUID a = Schemas.make(provisioner, "cr-1");
    UUID b = Schemas.make(provisioner, "cr-2");
    session(a, Schemas.name(a), "of-a");
    session(b, Schemas.name(b), "of-b");
    session(a, "hermes", "left-behind");
    try (Connection login = Schemas.connect(database, a)) {
      assertThat(outcome(login, "select string_agg(session_id, ',') from sessions"))
          .isEqualTo("of-a");
      for (String table : List.of("messages", "usage_records", "execution_receipts", "audit_log")) {
        assertThat(outcome(login, "select * from " + table)).as(table).isEqualTo("nothing");
      }
      for (String refused :
          List.of(
              "select * from isolation_canary",
              "select * from hermes.sessions",
              "select * from hermes.tenants",
              "select * from authn.key_digests",
              "select * from layout.tenant_schemas",
              "select * from provision.tenant_logins",
              "select * from flyway.flyway_schema_history",
              "select * from " + Schemas.name(b) + ".sessions",
              "select lease.over()",
              "select provision.tenant_role('" + b + "', true, null)",
              "select pg_advisory_lock(1)",
              "select lo_create(0)",
              "set role hermes_app",
              "set role hermes_roles",
              "set role " + Schemas.name(b),
              "select pg_read_file('/etc/passwd')")) {
        assertThat(outcome(login, refused)).as(refused).isEqualTo("42501");
      }
      login.createStatement().execute("set default_transaction_read_only = off");
      for (String refused :
          List.of(
              "insert into sessions (tenant_id, session_id, user_id) values ('"
                  + a
                  + "', 'x', 'u')",
              "update sessions set title = 'x'",
              "delete from sessions",
              "truncate sessions",
              "create table mine (a int)",
              "create temporary table mine (a int)",
              "create schema mine",
              "create role mine",
              "copy sessions to program 'id'",
              "alter role " + Schemas.name(a) + " connection limit 100",
              "alter role " + Schemas.name(a) + " set app.current_tenant = '" + b + "'",
              "alter role " + Schemas.name(b) + " password 'x'")) {
        assertThat(outcome(login, refused)).as(refused).isIn("42501", "42809");
      }
      login.createStatement().execute("set app.current_tenant = '" + b + "'");
      assertThat(outcome(login, "select session_id from sessions")).isEqualTo("nothing");
    }
    assertThatThrownBy(() -> Schemas.connect(database, a, Schemas.password(b)))
        .as("control: the password counts")
        .isInstanceOf(SQLException.class);
  }

  @Test
  @DisplayName(
      "TEN-2 a login cannot raise the alarm of the walls, nor outlive its tenant by a default")
  void ownDefaults() throws SQLException {
    UUID tenant = Schemas.make(provisioner, "cr-1");
    try (Connection login = Schemas.connect(database, tenant)) {
      outcome(login, "set default_transaction_read_only = off");
      assertThat(outcome(login, "alter default privileges grant select on tables to public"))
          .isEqualTo("done");
      assertThat(outcome(login, "alter role " + Schemas.name(tenant) + " set row_security = off"))
          .isEqualTo("done");
    }
    walls();
    purge(tenant, "cr-1");
    walls();
  }

  @Test
  @DisplayName("SEC-3 a password in clear is refused, a new one replaces the old")
  void passwords() throws SQLException {
    UUID tenant = Schemas.make(provisioner, "cr-1");
    assertThatThrownBy(
            () -> provisioner.rows("select provision.tenant_login(?, 'in the clear', 0)", tenant))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("HX008");
    String fresh = "another-random-password-of-32-characters";
    Schemas.login(provisioner, tenant, fresh);
    Schemas.connect(database, tenant, fresh).close();
    assertThatThrownBy(() -> Schemas.connect(database, tenant)).isInstanceOf(SQLException.class);
    assertThat(
            provisioner.value(
                "select verifier_sha256 = sha256(?::bytea) from provision.tenant_schema(?)",
                ScramVerifier.of(fresh, Schemas.name(tenant)),
                tenant))
        .isEqualTo(true);
  }

  @Test
  @DisplayName(
      "K8S-8 suspension and deletion end the login, even a session that is open; adoption brings it back")
  void follows() throws SQLException {
    UUID tenant = Schemas.make(provisioner, "cr-1");
    String count = "select count(*) from " + Schemas.name(tenant) + ".sessions";
    try (Connection open = Schemas.connect(database, tenant)) {
      assertThat(outcome(open, count)).isEqualTo("0");
      upsert("cr-1", tenant, "suspended");
      assertThat(outcome(open, count)).isEqualTo("42501");
      assertThatThrownBy(() -> Schemas.connect(database, tenant)).isInstanceOf(SQLException.class);
      walls();
      upsert("cr-1", tenant, "active");
      assertThat(outcome(open, count)).isEqualTo("0");
      delete(tenant, "cr-1", "Retain");
      assertThat(outcome(open, count)).isEqualTo("42501");
    }
    assertThatThrownBy(() -> Schemas.connect(database, tenant)).isInstanceOf(SQLException.class);
    provisioner.rows("select provision.adopt_tenant(?, 'cr-1', 'cr-2', 'acme', 'c', 0)", tenant);
    assertThatThrownBy(() -> Schemas.connect(database, tenant)).isInstanceOf(SQLException.class);
    upsert("cr-2", tenant, "active");
    Schemas.connect(database, tenant).close();
  }

  private void upsert(String crUid, UUID tenant, String state) {
    provisioner.rows(
        "select provision.upsert_tenant(?, ?, 'acme', 'Acme', null, ?, 2, '{}'::jsonb, 'c', 0)",
        crUid,
        tenant,
        state);
  }

  private void delete(UUID tenant, String crUid, String policy) {
    provisioner.rows(
        "select provision.delete_tenant(?, ?, 'acme', ?, 0, '[]'::jsonb, '{}'::jsonb, 0)",
        tenant,
        crUid,
        policy);
  }

  private void purge(UUID tenant, String crUid) {
    delete(tenant, crUid, "Delete");
    superuser("update hermes.tenant_deletions set not_before = now()");
    int calls = 0;
    while (!(boolean) provisioner.value("select provision.purge_tenant(?, 3, 0)", tenant)) {
      assertThat(calls++).isLessThan(50);
    }
  }

  @Test
  @DisplayName(
      "K8S-8 a purge ends schema and role, and keeps the skeleton of the audit log; no other tenant's")
  void purge() throws SQLException {
    UUID tenant = Schemas.make(provisioner, "cr-1");
    UUID other = Schemas.make(provisioner, "cr-2");
    for (UUID each : List.of(tenant, other)) {
      session(each, Schemas.name(each), "s");
      app.inTenant(
          each,
          """
          insert into %s.audit_log
            (tenant_id, audit_id, actor, action, object, outcome, detail, request_id)
          select ?, gen_random_uuid(), actor, 'chat', 'session s', 'allowed', '{"a": "secret"}', 'r-1'
            from (values ('key:0815'), ('bob'), ('user:bob@acme.example')) as a (actor)\
          """
              .formatted(Schemas.name(each)),
          each);
    }
    purge(tenant, "cr-1");
    assertThat(backup.rows("select 1 from pg_namespace where nspname = ?", Schemas.name(tenant)))
        .isEmpty();
    assertThat(backup.rows("select 1 from pg_roles where rolname = ?", Schemas.name(tenant)))
        .isEmpty();
    assertThat(
            backup.rows(
                "select actor, action, outcome, object, detail::text, request_id from hermes.audit_log"
                    + " where tenant_id = ? order by actor",
                tenant))
        .extracting(row -> row.values().toString())
        .containsExactly(
            "[key, chat, allowed, , {}, null]",
            "[unknown, chat, allowed, , {}, null]",
            "[user, chat, allowed, , {}, null]");
    assertThat(
            backup.value(
                "select counts ->> 'hermes.audit_log' from hermes.purge_records where tenant_id = ?",
                tenant))
        .isEqualTo("3");
    assertThat(backup.value("select count(*) from " + Schemas.name(other) + ".audit_log"))
        .isEqualTo(3L);
    assertThat(backup.value("select count(*) from " + Schemas.name(other) + ".sessions"))
        .isEqualTo(1L);
    walls();
  }

  @Test
  @DisplayName("TEN-2 no more than 500 schemas in a database; the refusal has its own code")
  void full() {
    UUID tenant = Tenants.make(provisioner, "cr-1");
    superuser(
        "insert into layout.tenant_schemas (tenant_id, version)"
            + " select gen_random_uuid(), 8 from generate_series(1, 500)");
    assertThat(refusal(() -> provisioner.rows("select provision.create_schema(?, 0)", tenant)))
        .isEqualTo("HX007");
    superuser(
        "delete from layout.tenant_schemas where tenant_id = (select min(tenant_id::text)::uuid from layout.tenant_schemas)");
    assertThat(refusal(() -> provisioner.rows("select provision.create_schema(?, 0)", tenant)))
        .as("control")
        .isEmpty();
  }

  @Test
  @DisplayName(
      "TEN-4 only the operator makes schemas and logins, for tenants that live, and not an old leader")
  void doors() {
    UUID tenant = Schemas.make(provisioner, "cr-1");
    for (String call :
        List.of(
            "select provision.create_schema('" + tenant + "', 0)",
            "select provision.tenant_login('" + tenant + "', 'x', 0)",
            "select provision.tenant_role('" + tenant + "', true, null)",
            "select provision.drop_tenant_role('" + tenant + "')",
            "select provision.clone_content('" + tenant + "')",
            "select provision.drop_schema('" + tenant + "')",
            "select * from provision.tenant_schema('" + tenant + "')")) {
      for (String role : List.of("app", "authn", "probe", "platform", "jobs", "backup")) {
        assertThat(refusal(() -> new Caller(database, role).rows(call)))
            .as(role + ": " + call)
            .isEqualTo("42501");
      }
    }
    for (String call :
        List.of("provision.tenant_role(?, true, null)", "provision.drop_schema(?)")) {
      assertThat(refusal(() -> provisioner.rows("select " + call, tenant))).isEqualTo("42501");
    }
    assertThat(
            refusal(
                () -> provisioner.rows("select provision.create_schema(?, 0)", UUID.randomUUID())))
        .isEqualTo("HX002");
    provisioner.rows("select provision.fence(9)");
    assertThat(refusal(() -> provisioner.rows("select provision.create_schema(?, 8)", tenant)))
        .isEqualTo("HX001");
  }
}
