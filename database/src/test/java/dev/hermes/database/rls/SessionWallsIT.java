package dev.hermes.database.rls;

import static dev.hermes.database.rls.Walls.A;
import static dev.hermes.database.rls.Walls.B;
import static dev.hermes.database.rls.Walls.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.rls.Walls.Trial;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What a session, the planner and the catalog could give away beside the tables. */
class SessionWallsIT {
  private static Walls walls;

  /** As installed: without the grants that {@link Walls} adds. */
  private static TestDatabase installed;

  @BeforeAll
  static void start() throws SQLException {
    walls = new Walls();
    installed = TestDatabase.create();
  }

  @AfterAll
  static void stop() {
    walls.close();
    installed.close();
  }

  private static Trial asInstalled(String role) throws SQLException {
    Connection connection = installed.connect(role);
    connection.setAutoCommit(false);
    return new Trial(connection);
  }

  @Test
  @DisplayName("R20 no view, materialized view or foreign table, and few functions, face the app")
  void inventory() throws SQLException {
    try (Trial app = asInstalled("app")) {
      assertThat(
              app.strings(
                  """
                  select c.oid::regclass::text from pg_class c
                    join pg_namespace n on n.oid = c.relnamespace
                   where c.relkind in ('v', 'm', 'f') and n.nspname !~ '^pg_'
                     and n.nspname <> 'information_schema'\
                  """))
          .isEmpty();
      assertThat(
              app.strings(
                  """
                  select n.nspname || '.' || p.proname from pg_proc p
                    join pg_namespace n on n.oid = p.pronamespace
                   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                     and has_schema_privilege(n.oid, 'usage')
                     and has_function_privilege(p.oid, 'execute') and p.prosecdef\
                  """))
          .as("functions that act as the owner")
          .isEmpty();
    }
  }

  @TestFactory
  @DisplayName("R21 the app takes no other role")
  Stream<DynamicTest> setRole() throws SQLException {
    try (Trial app = walls.app(A)) {
      List<String> others =
          app.strings("select rolname from pg_roles where rolname <> 'hermes_app'");
      assertThat(others).contains("postgres", "hermes_owner", "hermes_migrator", "hermes_backup");
      return others.stream()
          .map(role ->
              DynamicTest.dynamicTest(
                  role,
                  () -> {
                    for (String sql :
                        List.of("set role \"%s\"", "set session authorization \"%s\"")) {
                      try (Trial trial = walls.app(A)) {
                        assertThat(trial.outcome(sql.formatted(role))).isEqualTo(REFUSED);
                      }
                    }
                  }));
    }
  }

  @Test
  @DisplayName("R26 statistics and running statements of others show the app nothing")
  void statistics() throws SQLException {
    try (Connection other = installed.connect("provisioner");
        Trial superuser = walls.superuser();
        Statement statement = other.createStatement()) {
      statement.execute("select 'what the operator is doing'");
      superuser.outcome("analyze hermes.sessions, hermes.messages");
      String stats =
          "select tablename from pg_stats where schemaname in ('hermes', 'authn') and tablename <> ''";
      assertThat(superuser.strings(stats)).isNotEmpty();
      superuser.outcome("set local role hermes_app");
      assertThat(superuser.strings(stats)).isEmpty();
      assertThat(superuser.outcome("select * from pg_statistic")).isEqualTo(REFUSED);
    }
    try (Connection other = installed.connect("provisioner");
        Trial app = walls.app(A);
        Statement statement = other.createStatement()) {
      statement.execute("select 'what the operator is doing'");
      assertThat(
              app.strings(
                  "select query from pg_stat_activity where usename = 'hermes_provisioner'"))
          .isNotEmpty()
          .allMatch("<insufficient privilege>"::equals);
    }
  }

  @Test
  @DisplayName("R28 no sequence numbers anything: ids tell neither count nor neighbour")
  void sequences() throws SQLException {
    try (Trial app = asInstalled("app")) {
      assertThat(
              app.strings(
                  "select c.oid::regclass::text from pg_class c where c.relkind = 'S'"
                      + " and c.relnamespace::regnamespace::text !~ '^pg_'"))
          .isEmpty();
      assertThat(
              app.strings(
                  "select adrelid::regclass::text from pg_attrdef"
                      + " where pg_get_expr(adbin, adrelid) ~ 'nextval'"))
          .isEmpty();
    }
  }

  @Test
  @DisplayName("R31 a cached plan notices BYPASSRLS coming and going (CVE-2026-14666)")
  void attributeFlip() throws SQLException {
    try (Connection control = walls.database().superuser();
        Connection session = walls.database().superuser();
        Statement admin = control.createStatement();
        Statement statement = session.createStatement()) {
      admin.execute("drop role if exists r31_reader");
      admin.execute("create role r31_reader bypassrls");
      try {
        admin.execute("grant usage on schema hermes to r31_reader");
        admin.execute("grant select on hermes.sessions to r31_reader");
        statement.execute("set session authorization r31_reader");
        statement.execute("prepare cached as select count(*) from hermes.sessions");
        for (int i = 0; i < 7; i++) {
          assertThat(number(statement, "execute cached")).isEqualTo(2);
        }
        admin.execute("alter role r31_reader nobypassrls");
        assertThat(number(statement, "execute cached")).isZero();
        admin.execute("alter role r31_reader bypassrls");
        assertThat(number(statement, "execute cached")).isEqualTo(2);
      } finally {
        statement.execute("reset session authorization");
        admin.execute("drop owned by r31_reader");
        admin.execute("drop role r31_reader");
      }
    }
  }

  @TestFactory
  @DisplayName("R32 a plan made for one role does not serve another, at any depth (CVE-2024-10976)")
  Stream<DynamicTest> roleSwitch() {
    return Stream.of(
            "select count(*) from hermes.sessions",
            "with s as materialized (select * from hermes.sessions) select count(*) from s",
            "select (select count(*) from hermes.sessions)",
            "select count(*) from (select * from hermes.sessions offset 0) s",
            "select count(*) from (values (1)) v, lateral (select * from hermes.sessions) s")
        .map(query ->
            DynamicTest.dynamicTest(
                query,
                () -> {
                  try (Trial trial = walls.superuser()) {
                    trial.outcome("set local role hermes_migrator");
                    trial.outcome("prepare one as " + query);
                    for (int i = 0; i < 7; i++) {
                      assertThat(trial.number("execute one")).isEqualTo(2);
                    }
                    trial.outcome("set local role hermes_app");
                    assertThat(trial.number("execute one")).isZero();
                    trial.outcome("set local role hermes_migrator");
                    assertThat(trial.number("execute one")).isEqualTo(2);
                  }
                }));
  }

  @Test
  @DisplayName("R34 planner and leaky operators never see another tenant's values (CVE-2025-8713)")
  void leakyOperator() throws SQLException {
    try (Trial trial = walls.superuser();
        Statement statement = trial.connection().createStatement()) {
      statement.execute(
          """
          create function hermes.leak(a text, b text) returns boolean
            language plpgsql cost 0.0001 set search_path = '' as
            $f$ begin raise notice 'saw %%', a; return true; end $f$;
          create operator hermes.<<< (
            leftarg = text, rightarg = text, function = hermes.leak, restrict = scalarltsel);
          grant execute on function hermes.leak(text, text) to hermes_app;
          insert into hermes.sessions (tenant_id, session_id, user_id)
            select t, 's' || i, 'common' from unnest(array['%s', '%s']::uuid[]) as t,
              generate_series(1, 200) as i;
          update hermes.sessions set user_id = tenant_id || user_id;
          analyze hermes.sessions
          """
              .formatted(A, B));
      String query = "select count(*) from hermes.sessions where user_id operator(hermes.<<<) 'x'";
      assertThat(heard(statement, "explain " + query)).as("the control").contains(B.toString());
      trial.outcome("set local role hermes_app");
      trial.outcome("set local app.current_tenant = '" + A + "'");
      assertThat(heard(statement, "explain " + query)).doesNotContain(B.toString());
      assertThat(heard(statement, query)).contains(A.toString()).doesNotContain(B.toString());
    }
  }

  private static String heard(Statement statement, String sql) throws SQLException {
    statement.clearWarnings();
    statement.execute(sql);
    StringBuilder heard = new StringBuilder();
    for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
      heard.append(w.getMessage()).append('\n');
    }
    return heard.toString();
  }

  @Test
  @DisplayName("R38 parallel workers see what their leader's tenant sees")
  void parallel() throws SQLException {
    try (Trial trial = walls.app(A)) {
      for (String setting :
          List.of(
              "debug_parallel_query = on",
              "parallel_setup_cost = 0",
              "parallel_tuple_cost = 0",
              "min_parallel_table_scan_size = 0")) {
        assertThat(trial.outcome("set local " + setting)).isEqualTo("done");
      }
      String query = "select count(*), min(tenant_id::text) from hermes.sessions";
      assertThat(String.join("\n", trial.strings("explain " + query))).contains("Gather");
      assertThat(trial.number(query)).isOne();
      assertThat(trial.strings("select min(tenant_id::text) from hermes.sessions"))
          .containsExactly(A.toString());
    }
    try (Trial control = walls.superuser()) {
      assertThat(control.number("select count(*) from hermes.sessions")).isEqualTo(2);
    }
  }

  @Test
  @DisplayName("R41 triggers run with the rights and the tenant of who writes")
  void triggers() throws SQLException {
    try (Trial trial = walls.superuser()) {
      assertThat(
              trial.strings(
                  """
                  select p.proname from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                   where not t.tgisinternal and p.prosecdef\
                  """))
          .isEmpty();
    }
    // authn.key_changed would count for whoever changes a key: the app may not.
    try (Trial app = walls.app(A)) {
      assertThat(
              app.message(
                  "update authn.key_digests set revoked_at = now() where tenant_id = '" + A + "'"))
          .startsWith(REFUSED)
          .contains("revocations");
    }
  }

  @TestFactory
  @DisplayName("R42 large objects, which no policy covers, are refused to every serving role")
  Stream<DynamicTest> largeObjects() {
    return Stream.of("app", "provisioner", "probe", "authn", "platform", "jobs", "backup")
        .map(role ->
            DynamicTest.dynamicTest(
                role,
                () -> {
                  for (String sql :
                      List.of(
                          "select lo_create(0)",
                          "select lo_creat(-1)",
                          "select lo_from_bytea(0, 'x')",
                          "select lo_import('/etc/passwd')",
                          "select lo_open(1, 262144)",
                          "select lo_get(1)")) {
                    try (Trial trial = asInstalled(role)) {
                      assertThat(trial.outcome(sql)).as(sql).isEqualTo(REFUSED);
                    }
                  }
                }));
  }

  @Test
  @DisplayName("R43 two-phase commit, which would outlive a tenant's context, is off")
  void twoPhase() throws SQLException {
    try (Trial app = walls.app(A)) {
      assertThat(app.strings("show max_prepared_transactions")).containsExactly("0");
      assertThat(app.outcome("prepare transaction 'later'")).isEqualTo("55000");
    }
  }

  @Test
  @DisplayName("R45 there are no temporary tables to leave behind")
  void temporary() throws SQLException {
    for (String role : List.of("app", "provisioner", "probe", "authn", "platform", "jobs")) {
      try (Trial trial = asInstalled(role)) {
        assertThat(trial.outcome("create temporary table mine (a int)")).isEqualTo(REFUSED);
      }
    }
    try (Trial control = walls.superuser()) {
      assertThat(control.outcome("create temporary table mine (a int)")).isEqualTo("done");
    }
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
