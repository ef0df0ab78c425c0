package dev.hermes.database.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.hermes.database.functions.Caller.SqlFailed;
import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A purge takes what a deletion asked for, all of it, and nothing else. */
class PurgeIT {
  private static final String DELETE =
      "select provision.delete_tenant(?, ?, 'acme', ?, 0, ?::jsonb, '{\"by\": \"x\"}'::jsonb, 0)";
  private static final String PURGE = "select provision.purge_tenant(?, 1000, 0)";
  private static final List<String> KEPT =
      List.of(
          "hermes.tenants", "hermes.tenant_deletions", "hermes.purge_records", "hermes.audit_log");

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

  private UUID filled(String crUid) {
    UUID tenant = Tenants.make(provisioner, crUid);
    Keys.issue(
        provisioner, tenant, ("kid" + crUid.replace("-", "") + "00000000").substring(0, 12), 1);
    app.inTenant(
        tenant,
        "insert into hermes.sessions (tenant_id, session_id, user_id) values (?, 's', 'u')",
        tenant);
    app.inTenant(
        tenant,
        """
        insert into hermes.messages
          (tenant_id, user_id, session_id, message_id, seq, role, content, created_at)
        select ?, 'u', 's', gen_random_uuid(), n, 'user', '{"text": "secret"}',
               now() + make_interval(months => n % 3)
          from generate_series(1, 25) as n\
        """,
        tenant);
    app.inTenant(
        tenant,
        """
        insert into hermes.audit_log
          (tenant_id, audit_id, actor, action, object, outcome, detail, request_id)
        select ?, gen_random_uuid(), actor, 'chat', 'session s', 'allowed', '{"a": "secret"}', 'r-1'
          from (values ('key:0815'), ('bob'), ('user:bob@acme.example')) as a (actor)\
        """,
        tenant);
    return tenant;
  }

  private UUID deleted(String crUid, String policy, String hold) {
    UUID tenant = filled(crUid);
    provisioner.rows(DELETE, tenant, crUid, policy, hold);
    return tenant;
  }

  /** Lets the time come. */
  private UUID due(String crUid) {
    UUID tenant = deleted(crUid, "Delete", "[]");
    superuser(
        "update hermes.tenant_deletions set not_before = now() where cr_uid = '" + crUid + "'");
    return tenant;
  }

  private void superuser(String sql) {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Every table with a tenant's rows, from the catalog and not from the function under test. */
  private List<String> tenantTables() throws SQLException {
    List<String> names = new ArrayList<>();
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                select table_schema || '.' || table_name from information_schema.columns
                 where column_name = 'tenant_id'\
                """)) {
      while (row.next()) {
        names.add(row.getString(1));
      }
    }
    return names;
  }

  private long count(String table, UUID tenant) {
    return (long) backup.value("select count(*) from " + table + " where tenant_id = ?", tenant);
  }

  private String refusal(UUID tenant) {
    try {
      provisioner.rows(PURGE, tenant);
      return "";
    } catch (SqlFailed e) {
      assertThat(e.state()).isEqualTo("HX004");
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  @DisplayName(
      "K8S-8 a purge leaves no row of the tenant in any table of the catalog but the four that record it")
  void purge() throws SQLException {
    UUID tenant = due("cr-1");
    UUID other = filled("cr-2");
    assertThat(provisioner.value("select tenant_id from provision.due_purges()")).isEqualTo(tenant);
    assertThat(count("hermes.messages", tenant)).as("control").isEqualTo(25);

    assertThat(provisioner.value(PURGE, tenant)).isEqualTo(true);

    for (String table : tenantTables()) {
      if (!KEPT.contains(table) && !table.startsWith("hermes.audit_log_")) {
        assertThat(count(table, tenant)).as(table).isZero();
      }
    }
    assertThat(count("hermes.messages", other)).isEqualTo(25);
    assertThat(count("hermes.sessions", other)).isEqualTo(1);
    assertThat(count("authn.key_digests", other)).isEqualTo(1);
    assertThat(provisioner.rows("select * from provision.due_purges()")).isEmpty();
    assertThat(
            backup.rows(
                "select name, counts ->> 'hermes.messages' as messages, finished_at is not null as done,"
                    + " length(evidence_sha256) as hash from hermes.purge_records"))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("name", "acme")
                .containsEntry("messages", "25")
                .containsEntry("done", true)
                .containsEntry("hash", 32));
    assertThat(refusal(tenant)).contains("purged already");
  }

  @Test
  @DisplayName(
      "K8S-8 the audit log of a purged tenant is a skeleton: when, what, which kind of actor")
  void skeleton() {
    UUID tenant = due("cr-1");
    filled("cr-2");
    provisioner.rows(PURGE, tenant);

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
    assertThat(backup.value("select count(*) from hermes.audit_log where request_id = 'r-1'"))
        .as("the other tenant's")
        .isEqualTo(3L);
  }

  @Test
  @DisplayName("K8S-8 a purge goes in batches and may be taken up again after each")
  void batches() {
    UUID tenant = due("cr-1");
    int calls = 0;
    long before = Long.MAX_VALUE;
    boolean finished = false;
    while (!finished) {
      finished = (boolean) provisioner.value("select provision.purge_tenant(?, 5, 0)", tenant);
      long left = count("hermes.messages", tenant) + count("hermes.sessions", tenant);
      assertThat(left).isLessThanOrEqualTo(before);
      before = left;
      calls++;
      assertThat(calls).isLessThan(100);
    }
    assertThat(calls).isGreaterThan(3);
    assertThat(backup.value("select (counts ->> 'hermes.messages')::int from hermes.purge_records"))
        .isEqualTo(25);
    assertThat(before).isZero();
  }

  @Test
  @DisplayName("K8S-8 a purge refuses whatever no deletion asks for now")
  void refusals() {
    assertThat(refusal(UUID.randomUUID())).contains("is unknown");
    assertThat(refusal(filled("cr-1"))).contains("is active");
    assertThat(refusal(deleted("cr-2", "Retain", "[]"))).contains("to be retained");
    UUID held = deleted("cr-3", "Delete", "[{\"id\": \"case-17\"}]");
    superuser("update hermes.tenant_deletions set not_before = now()");
    assertThat(refusal(held)).contains("legal hold");
    UUID early = deleted("cr-4", "Delete", "[]");
    assertThat(refusal(early)).contains("to be kept until");
    assertThat(provisioner.rows("select * from provision.due_purges()")).isEmpty();
    assertThat(count("hermes.messages", held)).isEqualTo(25);
    superuser("update hermes.tenant_deletions set not_before = now()");
    assertThat(refusal(early)).as("control: the same tenant, when its time has come").isEmpty();
  }

  @Test
  @DisplayName("K8S-8 grace of no days still leaves the hour over which the breaker counts")
  void atLeastAnHour() {
    deleted("cr-1", "Delete", "[]");
    assertThat(
            backup.value(
                "select not_before - created_at = interval '1 hour' from hermes.tenant_deletions"))
        .isEqualTo(true);
  }

  @Test
  @DisplayName(
      "K8S-8 the fourth deletion of an hour stops every purge until the platform acknowledges them")
  void breaker() {
    UUID first = due("cr-1");
    due("cr-2");
    due("cr-3");
    assertThat(provisioner.value("select open from provision.purge_breaker()")).isEqualTo(false);
    due("cr-4");
    assertThat(provisioner.value("select open from provision.purge_breaker()")).isEqualTo(true);
    assertThat(refusal(first)).contains("mass deletion");
    superuser("update hermes.tenant_deletions set created_at = created_at - interval '40 days'");
    assertThat(refusal(first)).as("time alone does not close it").contains("mass deletion");

    assertThatThrownBy(() ->
            provisioner.rows("select provision.acknowledge_deletions(now() + interval '1 day', 0)"))
        .asInstanceOf(type(SqlFailed.class))
        .extracting(SqlFailed::state)
        .isEqualTo("HX004");
    assertThat(refusal(first)).contains("mass deletion");

    assertThat(provisioner.value("select provision.acknowledge_deletions(now(), 0)"))
        .isEqualTo(true);
    assertThat(
            provisioner.value("select provision.acknowledge_deletions(now() - interval '1 h', 0)"))
        .as("an older acknowledgement takes nothing back")
        .isEqualTo(false);
    assertThat(refusal(first)).isEmpty();
  }

  @Test
  @DisplayName(
      "K8S-8 of a thousand tenants, ten deletions in an hour are ordinary and eleven are not")
  void onePercent() {
    superuser(
        """
        insert into hermes.tenants
          (tenant_id, cr_uid, name, display_name, state, generation, config)
        select gen_random_uuid(), 'n-' || n, 'n', 'n', 'active', 1, '{}' from generate_series(1, 990) n\
        """);
    for (int i = 1; i <= 10; i++) {
      UUID tenant = Tenants.make(provisioner, "cr-" + i);
      provisioner.rows(DELETE, tenant, "cr-" + i, "Retain", "[]");
    }
    assertThat(provisioner.rows("select open, deleted, allowed from provision.purge_breaker()"))
        .singleElement()
        .satisfies(row ->
            assertThat(row)
                .containsEntry("open", false)
                .containsEntry("deleted", 10)
                .containsEntry("allowed", 10));
    UUID tenant = Tenants.make(provisioner, "cr-11");
    provisioner.rows(DELETE, tenant, "cr-11", "Retain", "[]");
    assertThat(provisioner.value("select open from provision.purge_breaker()")).isEqualTo(true);
  }

  @Test
  @DisplayName("a table that a purge cannot see stops every purge instead of being forgotten")
  void blind() {
    UUID tenant = due("cr-1");
    superuser("alter policy tenant_delete on hermes.messages to hermes_app");
    assertThatThrownBy(() -> provisioner.rows(PURGE, tenant))
        .asInstanceOf(type(SqlFailed.class))
        .satisfies(e -> {
          assertThat(e.state()).isEqualTo("HX005");
          assertThat(e).hasMessageContaining("hermes.messages");
        });
    assertThat(count("hermes.sessions", tenant)).isEqualTo(1);
  }

  @Test
  @DisplayName("a table made later is purged without being named anywhere")
  void tableOfTomorrow() {
    superuser(
        "set role hermes_owner; create table hermes.tomorrow (tenant_id uuid not null primary key);"
            + "select hermes.protect('hermes.tomorrow');");
    UUID tenant = due("cr-1");
    superuser("insert into hermes.tomorrow values ('" + tenant + "')");
    assertThat(provisioner.value(PURGE, tenant)).isEqualTo(true);
    assertThat(count("hermes.tomorrow", tenant)).isZero();
    assertThat(backup.value("select counts ->> 'hermes.tomorrow' from hermes.purge_records"))
        .isEqualTo("1");
  }

  @ParameterizedTest
  @DisplayName("TEN-4 nobody but the operator purges, adopts or acknowledges")
  @CsvSource(
      delimiter = '|',
      value = {
        "select provision.purge_tenant('%s', 1000, 0)",
        "select provision.adopt_tenant('%s', 'cr-1', 'x', 'x', 'x', 0)",
        "select provision.acknowledge_deletions(now(), 0)",
        "select * from provision.due_purges()",
        "select * from provision.holder('%s')"
      })
  void walls(String sql) {
    String call = sql.formatted(due("cr-1"));
    for (String role : List.of("app", "authn", "probe", "platform", "jobs", "backup")) {
      assertThatThrownBy(() -> new Caller(database, role).rows(call))
          .as(role)
          .asInstanceOf(type(SqlFailed.class))
          .extracting(SqlFailed::state)
          .isEqualTo("42501");
    }
    assertThat(provisioner.rows(call)).as("control").isNotEmpty();
  }

  @Test
  @DisplayName("an older leader purges, adopts and acknowledges nothing")
  void fence() {
    UUID tenant = due("cr-1");
    provisioner.rows("select provision.fence(9)");
    for (String call :
        List.of(
            "select provision.purge_tenant('" + tenant + "', 1000, 8)",
            "select provision.adopt_tenant('" + tenant + "', 'cr-1', 'x', 'x', 'x', 8)",
            "select provision.acknowledge_deletions(now(), 8)",
            "select provision.delete_tenant('"
                + tenant
                + "', 'cr-1', 'a', 'Delete', 0, '[]', '{}', 8)")) {
      assertThatThrownBy(() -> provisioner.rows(call))
          .as(call)
          .asInstanceOf(type(SqlFailed.class))
          .extracting(SqlFailed::state)
          .isEqualTo("HX001");
    }
    assertThat(count("hermes.messages", tenant)).isEqualTo(25);
  }
}
