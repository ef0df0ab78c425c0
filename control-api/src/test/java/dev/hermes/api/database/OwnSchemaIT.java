package dev.hermes.api.database;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.access.Place;
import dev.hermes.database.access.Pools;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.key.RawKey;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What users of a tenant with a schema of its own make lands there and nowhere else. */
class OwnSchemaIT {
  private static final String CALL = "```bash\necho x\n```";
  private static final List<String> CONTENT =
      List.of(
          "sessions",
          "messages",
          "usage_records",
          "execution_receipts",
          "audit_log",
          "memories",
          "user_profiles",
          "skills",
          "idempotency_keys");

  private final TestApi api = TestApi.shared();

  private TestTenant own() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withOwnSchema());
    api.operator().schema(tenant);
    return tenant;
  }

  private Map<String, Long> rows(String schema, TestTenant of) {
    Map<String, Long> rows = new TreeMap<>();
    for (String table : CONTENT) {
      rows.put(
          table,
          number(
              "select count(*) from %s.%s where tenant_id = '%s'"
                  .formatted(schema, table, of.id())));
    }
    return rows;
  }

  private void put(String path, RawKey by, String body) {
    assertThat(api.send("PUT", path, by, body, request -> {}).status()).isIn(200, 201);
  }

  private long number(String sql) {
    try (Connection superuser = api.database().superuser();
        Statement statement = superuser.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void superuser(String sql) throws SQLException {
    try (Connection superuser = api.database().superuser();
        Statement statement = superuser.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  @DisplayName(
      "TEN-2 chat, usage, receipts, sessions and audit of a tenant are in its own schema alone")
  void lands() {
    TestTenant tenant = own();
    TestTenant shared = api.tenant();
    RawKey key = api.userKey(tenant);
    assertThat(
            api.chat(key, ask("demo", CALL), "X-Hermes-Session-Id", "mine", "Idempotency-Key", "k")
                .status())
        .isEqualTo(200);
    Answer again = api.chat(key, ask("demo", "and then"), "X-Hermes-Session-Id", "mine");
    assertThat(again.status()).as(again.text()).isEqualTo(200);
    RawKey common = api.userKey(shared);
    api.chat(common, ask("demo", CALL), "X-Hermes-Session-Id", "mine", "Idempotency-Key", "k");
    for (RawKey by : List.of(key, common)) {
      put("/v1/memories/k", by, "{\"content\":\"kept of " + by.keyId() + "\"}");
      put("/v1/profile", by, "{\"document\":{}}");
      assertThat(
              api.post(
                      "/v1/skills",
                      by,
                      "{\"document\":\"---\\nname: tea\\ndescription: Knows tea.\\n---\\nGreen.\"}")
                  .status())
          .isEqualTo(201);
      api.chat(by, ask("fake-echo", "x"));
      assertThat(api.upstream().lastRequest().at("/messages/0/content").asText())
          .contains("Knows tea.");
      assertThat(api.get("/v1/memories", by).json().path("data")).hasSize(1);
    }

    assertThat(rows(tenant.schema(), tenant))
        .allSatisfy((table, rows) -> assertThat(rows).as(table).isPositive());
    assertThat(rows("hermes", tenant))
        .allSatisfy((table, rows) -> assertThat(rows).as(table).isZero());
    assertThat(rows("hermes", shared))
        .as("control")
        .allSatisfy((table, rows) -> assertThat(rows).as(table).isPositive());
    assertThat(number("select count(*) from " + tenant.schema() + ".messages where seq > 1"))
        .as("the second turn found the first")
        .isPositive();

    assertThat(api.get("/v1/usage", key).json().at("/data/0/requests").asInt()).isEqualTo(3);
    assertThat(api.get("/v1/execution-receipts", key).json().path("data")).hasSize(1);
    RawKey foreign = api.operator().key(shared, List.of(Role.AUDITOR), List.of(Scope.AUDIT));
    assertThat(api.get("/v1/execution-receipts", foreign).json().path("data")).hasSize(1);
  }

  @Test
  @DisplayName(
      "TEN-3 10,000 transactions of three tenants on one connection: no mix, no schema left over")
  void interleaved() throws Exception {
    TestTenant one = own();
    TestTenant two = own();
    TestTenant shared = api.tenant();
    Map<TestTenant, String> schemas =
        Map.of(one, one.schema(), two, two.schema(), shared, "hermes");
    for (Map.Entry<TestTenant, String> place : schemas.entrySet()) {
      superuser(
          "insert into %s.sessions (tenant_id, session_id, user_id, title) values ('%s', 's', 'u', '%s')"
              .formatted(place.getValue(), place.getKey().id(), place.getKey().id()));
    }
    Places places = api.context().getBean(Places.class);
    try (HikariDataSource pool =
        Pools.transactional(
            api.database().url(),
            "hermes_app",
            api.database().passwordDir().resolve("app"),
            1,
            "one")) {
      TenantDatabase content =
          new TenantDatabase(tenant -> new Place(pool, places.of(tenant).schema()));
      List<TestTenant> tenants = List.of(one, two, shared);
      Map<String, Integer> seen = new ConcurrentHashMap<>();
      Semaphore waiting = new Semaphore(50);
      try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> requests = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
          TestTenant tenant = tenants.get(i % 3);
          requests.add(
              executor.submit(() -> {
                waiting.acquire();
                try {
                  String found =
                      content.inTenant(
                          new TenantId(tenant.id()),
                          handle ->
                              handle
                                  .createQuery(
                                      "select current_schema() || ' ' || title from sessions")
                                  .mapTo(String.class)
                                  .one());
                  return seen.merge(found, 1, Integer::sum);
                } finally {
                  waiting.release();
                }
              }));
        }
        for (Future<?> request : requests) {
          request.get();
        }
      }
      assertThat(seen.keySet())
          .containsExactlyInAnyOrder(
              one.schema() + " " + one.id(),
              two.schema() + " " + two.id(),
              "hermes " + shared.id());
      assertThat(seen.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(10_000);
      try (Connection connection = pool.getConnection();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("show search_path")) {
        row.next();
        assertThat(row.getString(1)).isEqualTo("hermes");
        connection.rollback();
      }
    }
  }

  @Test
  @DisplayName(
      "TEN-2 a table that the tenant's schema lacks is an error, and never read from hermes")
  void lacking() throws SQLException {
    TestTenant tenant = own();
    RawKey key = api.userKey(tenant);
    superuser(
        "insert into hermes.sessions (tenant_id, session_id, user_id) values ('%s', 's', 'u')"
            .formatted(tenant.id()));
    assertThat(api.chat(key, ask("demo", "x")).status()).as("control").isEqualTo(200);
    superuser("alter table " + tenant.schema() + ".messages rename to elsewhere");
    try {
      Answer answer = api.chat(key, ask("demo", "x"), "X-Hermes-Session-Id", "s");
      assertThat(answer.status()).as(answer.text()).isGreaterThanOrEqualTo(500);
      assertThat(
              number(
                  "select count(*) from hermes.messages where tenant_id = '" + tenant.id() + "'"))
          .isZero();
    } finally {
      superuser("alter table " + tenant.schema() + ".elsewhere rename to messages");
    }
  }

  @Test
  @DisplayName(
      "AGW-10 SEC-10 what a statement was given is in no log line when PostgreSQL refuses it")
  void silent() throws SQLException {
    TestTenant tenant = own();
    RawKey key = api.userKey(tenant);
    superuser("alter table " + tenant.schema() + ".messages rename to elsewhere");
    superuser(
        "alter table " + tenant.schema() + ".memories add check (content not like 'canary%')");
    Logger root = (Logger) LoggerFactory.getLogger("dev.hermes");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    try {
      String content = "{\"content\":\"canary7f3a\"}";
      assertThat(api.send("PUT", "/v1/memories/k", key, content, request -> {}).status())
          .isEqualTo(500);
      assertThat(api.chat(key, ask("demo", "canary7f3a"), "X-Hermes-Session-Id", "new").status())
          .isGreaterThanOrEqualTo(500);
    } finally {
      root.detachAppender(log);
      superuser("alter table " + tenant.schema() + ".elsewhere rename to messages");
      superuser(
          "alter table " + tenant.schema() + ".memories drop constraint memories_content_check1");
    }
    assertThat(List.copyOf(log.list))
        .as("control: both were logged, with their cause")
        .anySatisfy(event -> assertThat(told(event)).contains("memories_content_check1"))
        .anySatisfy(event -> assertThat(told(event)).contains("\"messages\" does not exist"))
        .allSatisfy(event -> assertThat(told(event)).doesNotContain("canary7f3a"));
  }

  private static String told(ILoggingEvent event) {
    return event.getFormattedMessage()
        + (event.getThrowableProxy() == null
            ? ""
            : ThrowableProxyUtil.asString(event.getThrowableProxy()));
  }

  @Test
  @DisplayName(
      "TEN-16 a tenant whose schema is not there, or too old, gets 503 with a code; others are served")
  void behind() throws SQLException {
    TestTenant missing = api.operator().apply(TestTenant.create().withOwnSchema());
    TestTenant old = own();
    superuser(
        "update layout.tenant_schemas set version = "
            + (SchemaVersion.REQUIRED - 1)
            + " where tenant_id = '"
            + old.id()
            + "'");
    for (TestTenant tenant : List.of(missing, old)) {
      Answer answer = api.chat(api.userKey(tenant), ask("demo", "x"));
      assertThat(answer.status()).as(answer.text()).isEqualTo(503);
      assertThat(answer.errorCode()).isEqualTo("tenant_schema_not_ready");
      assertThat(answer.header("Retry-After")).isNotEmpty();
    }
    assertThat(api.chat(api.userKey(api.tenant()), ask("demo", "x")).status()).isEqualTo(200);

    api.operator().schema(missing);
    superuser(
        "update layout.tenant_schemas set version = "
            + SchemaVersion.REQUIRED
            + " where tenant_id = '"
            + old.id()
            + "'");
    for (TestTenant tenant : List.of(missing, old)) {
      assertThat(api.chat(api.userKey(tenant), ask("demo", "x")).status()).isEqualTo(200);
    }
    assertThat(rows("hermes", missing).values()).containsOnly(0L);
  }
}
