package dev.hermes.database.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.database.functions.Schemas;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The test of the test: each defect is planted in a transaction of its own, the check, as
 * hermes_app, must name it, and the transaction is rolled back.
 */
class MetaCheckMutationIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() {
    database = TestDatabase.create();
    Schemas.make(database, "cr-1");
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  private record Mutation(String sql, String rule, String object) {}

  @TestFactory
  @DisplayName("TEN-8 R47 each defect, such as a new table without policies, turns the check red")
  Stream<DynamicTest> eachDefect() {
    return DEFECTS.stream().map(MetaCheckMutationIT::test);
  }

  @TestFactory
  @DisplayName("TEN-8 removing, opening or redirecting any one policy turns the check red")
  Stream<DynamicTest> eachPolicy() throws SQLException {
    List<Mutation> mutations = new ArrayList<>();
    for (List<String> row :
        rows(
            """
            select p.polrelid::regclass::text, p.polname, p.polcmd::text
              from pg_policy p where p.polname ~ '^tenant_'\
            """)) {
      String table = row.get(0);
      String policy = row.get(1) + " on " + table;
      String open = row.get(2).equals("a") ? "with check (true)" : "using (true)";
      String canary = table.equals("hermes.isolation_canary") ? "canary-text" : "policy-text";
      mutations.add(new Mutation("drop policy " + policy, "policy-missing", table));
      mutations.add(new Mutation("alter policy " + policy + " " + open, canary, table));
      mutations.add(
          new Mutation("alter policy " + policy + " to hermes_authn", "policy-missing", table));
    }
    assertThat(mutations).hasSizeGreaterThanOrEqualTo(3 * 61);
    return mutations.stream().map(MetaCheckMutationIT::test);
  }

  @TestFactory
  @DisplayName("TEN-2 switching off row-level security on any table or partition turns it red")
  Stream<DynamicTest> eachTable() throws SQLException {
    List<Mutation> mutations = new ArrayList<>();
    for (List<String> row :
        rows(
            """
            select c.oid::regclass::text from pg_class c
             where c.relrowsecurity and c.relkind in ('r', 'p')
               and (not c.relispartition or c.relname ~ '_default$')\
            """)) {
      String table = row.get(0);
      mutations.add(
          new Mutation(
              "alter table " + table + " disable row level security", "rls-enabled", table));
      mutations.add(
          new Mutation(
              "alter table " + table + " no force row level security", "rls-forced", table));
      mutations.add(
          new Mutation(
              "create policy more on " + table + " for select using (true)",
              "policy-extra",
              table));
      mutations.add(new Mutation("grant truncate on " + table + " to hermes_app", "grant", table));
    }
    return mutations.stream().map(MetaCheckMutationIT::test);
  }

  private static DynamicTest test(Mutation mutation) {
    return DynamicTest.dynamicTest(
        mutation.rule() + ": " + mutation.sql(),
        () -> {
          try (Connection connection = database.superuser();
              Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(mutation.sql());
            if (!mutation.rule().equals("role-missing")) {
              statement.execute("set local role hermes_app");
            }
            assertThat(MetaCheck.run(connection))
                .anySatisfy(violation -> {
                  assertThat(violation.rule()).isEqualTo(mutation.rule());
                  assertThat(violation.object()).isEqualTo(mutation.object());
                });
            connection.rollback();
          }
        });
  }

  private static List<List<String>> rows(String sql) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          values.add(row.getString(i));
        }
        rows.add(values);
      }
    }
    return rows;
  }

  private static Mutation defect(String rule, String object, String sql) {
    return new Mutation(sql, rule, object);
  }

  private static final List<Mutation> DEFECTS =
      List.of(
          // tables
          defect("tenant-id", "hermes.notes", "create table hermes.notes (id uuid primary key)"),
          defect(
              "rls-enabled", "hermes.notes", "create table hermes.notes (tenant_id uuid not null)"),
          defect("tenant-id", "public.notes", "create table public.notes (id uuid primary key)"),
          defect(
              "tenant-id", "hermes.notes", "create table hermes.notes (tenant_id text not null)"),
          defect(
              "tenant-id",
              "hermes.isolation_canary",
              """
              alter table hermes.isolation_canary drop constraint isolation_canary_pkey;
              alter table hermes.isolation_canary alter tenant_id drop not null\
              """),
          defect(
              "index-order",
              "hermes.sessions_id",
              "create unique index sessions_id on hermes.sessions (session_id)"),
          defect(
              "index-order",
              "hermes.sessions_model",
              "create index sessions_model on hermes.sessions (model, tenant_id)"),
          defect(
              "index-leakproof",
              "hermes.messages_content",
              "create index messages_content on hermes.messages (tenant_id, content)"),
          defect(
              "foreign-key",
              "hermes.notes",
              """
              create table hermes.notes (tenant_id uuid not null, other uuid
                references hermes.tenants (tenant_id))\
              """),
          defect(
              "view",
              "hermes.all_sessions",
              "create view hermes.all_sessions as select * from hermes.sessions"),
          defect(
              "view",
              "hermes.all_sessions",
              """
              create view hermes.all_sessions with (security_invoker = false)
                as select * from hermes.sessions\
              """),
          defect(
              "unwalled-relation",
              "hermes.all_sessions",
              "create materialized view hermes.all_sessions as select * from hermes.sessions"),
          defect(
              "unwalled-relation",
              "hermes.elsewhere",
              """
              create foreign data wrapper other;
              create server elsewhere foreign data wrapper other;
              create foreign table hermes.elsewhere (tenant_id uuid not null) server elsewhere\
              """),
          defect(
              "rewrite-rule",
              "hermes.sessions",
              """
              create rule keep as on insert to hermes.sessions
                do also insert into hermes.sessions select new.*\
              """),
          defect("large-object", "4711", "select lo_create(4711)"),
          // policies
          defect(
              "policy-extra",
              "hermes.sessions",
              "create policy audit on hermes.sessions for select using (tenant_id is null)"),
          defect(
              "policy-extra",
              "hermes.sessions",
              "create policy narrower on hermes.sessions as restrictive using (true)"),
          defect(
              "policy-extra",
              "hermes.tenants",
              "alter policy provisioner_reads on hermes.tenants to hermes_app"),
          defect(
              "policy-extra",
              "hermes.messages_default",
              "create policy tenant_select on hermes.messages_default for select using (true)"),
          defect(
              "policy-role",
              "hermes.sessions",
              "alter policy tenant_select on hermes.sessions to hermes_app, hermes_platform"),
          defect(
              "policy-purge",
              "hermes.messages",
              "alter policy tenant_delete on hermes.messages to hermes_app"),
          defect(
              "policy-missing",
              "hermes.isolation_canary",
              "drop policy tenant_select on hermes.isolation_canary"),
          defect("canary-text", "hermes.isolation_canary", "drop table hermes.isolation_canary"),
          defect(
              "policy-text",
              "hermes.sessions",
              """
              alter policy tenant_select on hermes.sessions
                using (tenant_id::text = current_setting('app.current_tenant', true))\
              """),
          defect(
              "policy-text",
              "hermes.sessions",
              """
              alter policy tenant_select on hermes.sessions
                using (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid)\
              """),
          defect(
              "policy-text",
              "hermes.sessions",
              """
              alter policy tenant_select on hermes.sessions using (tenant_id =
                (select nullif(current_setting('app.current_tenant', true), '')::uuid)
                or tenant_id is null)\
              """),
          // grants
          defect("grant", "hermes.audit_log", "grant update on hermes.audit_log to hermes_app"),
          defect("grant", "hermes.sessions", "grant references on hermes.sessions to hermes_app"),
          defect("grant", "hermes.sessions", "grant trigger on hermes.sessions to hermes_app"),
          defect("grant", "hermes.sessions", "grant maintain on hermes.sessions to hermes_app"),
          defect("grant", "hermes.sessions", "grant select on hermes.sessions to public"),
          defect(
              "grant", "hermes.sessions", "grant select on hermes.sessions to hermes_provisioner"),
          defect("grant", "authn.key_digests", "grant select on authn.key_digests to hermes_app"),
          defect(
              "grant",
              "hermes.messages_default",
              "grant select on hermes.messages_default to hermes_app"),
          defect(
              "grant-option",
              "hermes.sessions",
              "grant select on hermes.sessions to hermes_app with grant option"),
          defect(
              "grant-column",
              "hermes.audit_log",
              "grant update (detail) on hermes.audit_log to hermes_app"),
          defect(
              "execute",
              "authn.lookup(text)",
              "grant execute on function authn.lookup(text) to hermes_app"),
          defect(
              "execute",
              "authn.lookup(text)",
              "grant execute on function authn.lookup(text) to public"),
          defect(
              "execute",
              "hermes.peek()",
              """
              create function hermes.peek() returns bigint language sql set search_path = ''
                as 'select count(*) from hermes.sessions'\
              """),
          defect("schema-grant", "hermes", "grant create on schema hermes to hermes_app"),
          defect("schema-grant", "authn", "grant usage on schema authn to hermes_app"),
          defect("schema-grant", "public", "grant usage on schema public to public"),
          defect(
              "schema-grant",
              "extra",
              "create schema extra; grant usage on schema extra to public"),
          defect(
              "default-grant",
              "hermes",
              """
              alter default privileges for role hermes_owner in schema hermes
                grant select on tables to hermes_app\
              """),
          // functions
          defect(
              "definer",
              "hermes.peek()",
              """
              create function hermes.peek() returns bigint language sql security definer
                set search_path = '' as 'select count(*) from hermes.sessions'\
              """),
          defect(
              "search-path",
              "authn.lookup(text)",
              "alter function authn.lookup(text) reset search_path"),
          defect(
              "search-path",
              "authn.lookup(text)",
              "alter function authn.lookup(text) set search_path = hermes, public"),
          defect(
              "owner", "authn.lookup(text)", "alter function authn.lookup(text) owner to postgres"),
          defect(
              "owner", "hermes.sessions", "alter table hermes.sessions owner to hermes_migrator"),
          defect("owner", "lease", "alter schema lease owner to postgres"),
          // roles and settings
          defect("role", "hermes_app", "alter role hermes_app bypassrls"),
          defect("role", "hermes_app", "alter role hermes_app superuser"),
          defect("role", "hermes_app", "alter role hermes_app createrole"),
          defect("role", "hermes_provisioner", "alter role hermes_provisioner replication"),
          defect("role", "hermes_owner", "alter role hermes_owner login"),
          defect("role", "hermes_reports", "create role hermes_reports login"),
          defect("role-missing", "hermes_jobs", "alter role hermes_jobs rename to batch"),
          defect("member", "hermes_app", "grant hermes_owner to hermes_app"),
          defect("member", "hermes_app", "grant pg_read_all_data to hermes_app"),
          defect(
              "member",
              "hermes_app",
              "create role stronger bypassrls; grant stronger to hermes_app"),
          defect("member", "reporting", "create role reporting; grant hermes_owner to reporting"),
          defect(
              "setting",
              "hermes_app",
              "alter role hermes_app set app.current_tenant = '0198f5b2-0000-7000-8000-000000000001'"),
          defect("setting", "hermes_app", "alter role hermes_app set row_security = off"),
          defect("setting", "hermes_app", "alter role hermes_app set role = hermes_owner"),
          defect(
              "setting",
              "everybody",
              "alter role all set app.current_tenant = '0198f5b2-0000-7000-8000-000000000001'"),
          defect(
              "setting",
              "app.current_tenant",
              "select set_config('app.current_tenant', gen_random_uuid()::text, true)"),
          defect(
              "setting",
              "app.current_tenant",
              "grant set on parameter app.current_tenant to hermes_app"),
          defect("setting", "row_security", "set local row_security = off"),
          defect("publication", "cdc", "create publication cdc for all tables"),
          defect("publication", "cdc", "create publication cdc for table hermes.messages"),
          defect("publication", "cdc", "create publication cdc for tables in schema hermes"));

  @TestFactory
  @DisplayName("TEN-2 defaults and grants of the database itself are seen")
  Stream<DynamicTest> database() {
    return Stream.of(
            defect(
                "setting",
                database.name(),
                "alter database "
                    + database.name()
                    + " set app.current_tenant = '0198f5b2-0000-7000-8000-000000000001'"),
            defect(
                "database-grant",
                database.name(),
                "grant temporary on database " + database.name() + " to hermes_app"),
            defect(
                "database-grant",
                database.name(),
                "grant connect on database " + database.name() + " to public"))
        .map(MetaCheckMutationIT::test);
  }
}
