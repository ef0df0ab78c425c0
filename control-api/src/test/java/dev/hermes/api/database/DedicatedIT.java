package dev.hermes.api.database;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.api.dataplane.PlaneCalls;
import dev.hermes.api.dataplane.PlaneCalls.Access;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.tenant.TenantSpec.Isolation;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import dev.hermes.database.key.RawKey;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A tenant with a database of its own, which may be away or unfit, and neighbours without. */
class DedicatedIT {
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
  private static final String CODE = "```python\nprint(6*7)\n```";
  private static final String SOUND =
      "create policy tenant_delete on hermes.messages for delete to hermes_app, hermes_owner"
          + " using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))";

  private static OwnServer own;
  private static TestApi api;
  private static LocalSecrets secrets;
  private static RawKey neighbour;

  @BeforeAll
  static void start() throws Exception {
    own = OwnServer.start();
    api = TestApi.start(settings(50));
    secrets = api.context().getBean(LocalSecrets.class);
    neighbour = api.userKey(api.tenant());
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
    own.close();
  }

  private static Map<String, Object> settings(int pools) {
    return Map.of(
        "hermes.test.local-secrets", "true",
        "hermes.dedicated-allow-plaintext", "true",
        "hermes.dedicated-pools", pools,
        "hermes.wall-check", "1s");
  }

  private static void secret(String name, int port, String password) {
    secrets.put(name, TenantDatabaseSecret.TYPE, own.secret(port, password));
  }

  /** A tenant as the operator leaves it, with a Secret of its name. */
  private static TestTenant tenant() throws Exception {
    TestTenant tenant = registered();
    own.provision(tenant);
    return tenant;
  }

  private static TestTenant registered() {
    TestTenant made = TestTenant.create();
    String name = made.config().name() + "-db";
    secret(name, own.port(), "own-app");
    return api.operator()
        .apply(made.withDatabase(new EffectiveDatabase(Isolation.DEDICATED, null, name)));
  }

  private static String secretOf(TestTenant tenant) {
    return tenant.config().database().secret();
  }

  private static Answer chat(RawKey key) {
    return api.chat(key, ask("demo", "hello"), "X-Hermes-Session-Id", "s");
  }

  /** Kept by REST, and known in the next turn. */
  private static void remember(RawKey key) {
    String put = "{\"content\":\"the canary sings\"}";
    assertThat(api.send("PUT", "/v1/memories/bird", key, put, request -> {}).status())
        .isEqualTo(201);
    assertThat(
            api.send("PUT", "/v1/profile", key, "{\"document\":{\"a\":1}}", request -> {}).status())
        .isEqualTo(200);
    assertThat(api.get("/v1/memories?q=canary", key).json().at("/data/0/key").asText())
        .isEqualTo("bird");
    assertThat(
            api.post(
                    "/v1/skills",
                    key,
                    "{\"document\":\"---\\nname: tea\\ndescription: Knows tea.\\n---\\nGreen.\"}")
                .status())
        .isEqualTo(201);
    api.chat(key, ask("fake-echo", "x"), "X-Hermes-Memory", "on");
    assertThat(api.upstream().lastRequest().at("/messages/0/content").asText())
        .contains("the canary sings");
    assertThat(api.upstream().lastRequest().at("/messages/1/content").asText())
        .contains("Knows tea.");
  }

  private static void refused(RawKey key, String code) {
    for (Answer answer :
        List.of(
            chat(key),
            api.chat(key, ask("demo", "hello", "\"stream\":true")),
            api.get("/v1/execution-receipts", key))) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(503);
      assertThat(answer.errorCode()).isEqualTo(code);
      assertThat(answer.header("Retry-After")).isNotEmpty();
      assertThat(answer.text())
          .doesNotContain("PSQL")
          .doesNotContain("Hikari")
          .doesNotContain("own-");
    }
  }

  private static void becomes(RawKey key, int status) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        // a turn that the fall has broken off keeps its session for minutes
        .untilAsserted(() ->
            assertThat(
                    api.chat(
                            key,
                            ask("demo", "hello"),
                            "X-Hermes-Session-Id",
                            UUID.randomUUID().toString())
                        .status())
                .isEqualTo(status));
  }

  /**
   * Whatever happens to one tenant's database: the next one is served, and the process is ready.
   */
  private static void othersGoOn() {
    long begun = System.nanoTime();
    assertThat(chat(neighbour).status()).isEqualTo(200);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
    assertThat(api.get("/v1/health/ready", null).status()).isEqualTo(200);
  }

  private static int home(String table, TestTenant tenant) throws Exception {
    try (Connection superuser = api.database().superuser()) {
      return Integer.parseInt(OwnServer.value(superuser, count(table, tenant)));
    }
  }

  private static int there(String table, TestTenant tenant) throws Exception {
    return Integer.parseInt(own.value(count(table, tenant)));
  }

  private static String count(String table, TestTenant tenant) {
    return "select count(*) from hermes." + table + " where tenant_id = '" + tenant.id() + "'";
  }

  @Test
  @DisplayName("TEN-3 Dedicated: content lands in the tenant's own database and nowhere else")
  void routed() throws Exception {
    TestTenant tenant = tenant();
    RawKey key = api.userKey(tenant);
    Answer answer =
        api.chat(key, ask("demo", CODE), "X-Hermes-Session-Id", "s", "Idempotency-Key", "k");
    assertThat(answer.content()).as(answer.text()).isEqualTo("demo: the code printed:\n42\n");
    remember(key);
    for (String table : CONTENT) {
      assertThat(there(table, tenant)).as(table).isPositive();
      assertThat(home(table, tenant)).as(table + " at home").isZero();
    }
    assertThat(home("sandbox_leases", tenant)).isEqualTo(1);
    assertThat(there("sandbox_leases", tenant)).isZero();
    assertThat(api.get("/v1/execution-receipts", key).json().at("/data")).hasSize(1);
    assertThat(api.get("/v1/usage", key).status()).isEqualTo(200);

    TestTenant shared = api.tenant();
    RawKey common = api.userKey(shared);
    api.chat(common, ask("demo", CODE), "X-Hermes-Session-Id", "s", "Idempotency-Key", "k");
    remember(common);
    for (String table : CONTENT) {
      assertThat(home(table, shared)).as("control: " + table).isPositive();
      assertThat(there(table, shared)).as("control: " + table).isZero();
    }
  }

  @Test
  @DisplayName("TEN-3 SBX-14 Dedicated: a job and its files lie there; its turn is the platform's")
  void jobs() throws Exception {
    TestTenant tenant = tenant();
    RawKey key = api.userKey(tenant);
    String code =
        "import os\nos.mkdir('artifacts')\nopen('artifacts/a', 'w').write('mine')\nprint(1)";
    Answer made = api.post("/v1/jobs", key, "{\"code\":" + TestApi.quote(code) + "}");
    String job = "/v1/jobs/" + made.json().path("id").asText();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.get(job, key).json().has("finished_at"));
    assertThat(api.get(job, key).json().path("status").asText()).isEqualTo("succeeded");
    assertThat(api.get(job + "/artifacts?path=artifacts/a", key).text()).isEqualTo("mine");
    for (String table : List.of("jobs", "job_files", "job_chunks")) {
      assertThat(there(table, tenant)).as(table).isOne();
      assertThat(home(table, tenant)).as(table + " at home").isZero();
    }
    assertThat(home("job_turns", tenant)).isOne();
    assertThat(there("job_turns", tenant)).isZero();
  }

  @Test
  @DisplayName("a wall that falls there: 503 for this tenant alone, until it stands again")
  void fallenWall() throws Exception {
    TestTenant tenant = tenant();
    RawKey key = api.userKey(tenant);
    assertThat(chat(key).status()).isEqualTo(200);
    own.execute("drop policy tenant_delete on hermes.messages");
    try {
      becomes(key, 503);
      refused(key, "tenant_database_not_ready");
      othersGoOn();
    } finally {
      own.execute(SOUND);
    }
    becomes(key, 200);
  }

  @Test
  @DisplayName("an older schema is not served: 503 until it is migrated")
  void oldSchema() throws Exception {
    RawKey key = api.userKey(tenant());
    String version = " where version = '" + SchemaVersion.REQUIRED + "'";
    own.execute("update flyway.flyway_schema_history set success = false" + version);
    try {
      refused(key, "tenant_database_not_ready");
      othersGoOn();
    } finally {
      own.execute("update flyway.flyway_schema_history set success = true" + version);
    }
    becomes(key, 200);
  }

  @Test
  @DisplayName("a rotated password heals with the Secret; until then 503 and not 500")
  void rotated() throws Exception {
    TestTenant tenant = tenant();
    RawKey key = api.userKey(tenant);
    assertThat(chat(key).status()).isEqualTo(200);
    own.execute("alter role hermes_app password 'own-second'");
    own.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hermes_app'");
    try {
      becomes(key, 503);
      refused(key, "database_unavailable");
      othersGoOn();
      secret(secretOf(tenant), own.port(), "own-second");
      becomes(key, 200);
    } finally {
      own.execute("alter role hermes_app password 'own-app'");
    }
  }

  @Test
  @DisplayName("the database away: 503 for this tenant, the next one is served; it comes back")
  void away() throws Exception {
    TestTenant tenant = tenant();
    RawKey key = api.userKey(tenant);
    try (TcpProxy proxy = new TcpProxy(own.port())) {
      secret(secretOf(tenant), proxy.port(), "own-app");
      assertThat(chat(key).status()).isEqualTo(200);
      proxy.cut();
      becomes(key, 503);
      refused(key, "database_unavailable");
      othersGoOn();
      proxy.mend();
      becomes(key, 200);
    }
  }

  @Test
  @DisplayName("TEN-2 what runs over the data plane has its receipt there; away: 503, nothing runs")
  void dataPlane() throws Exception {
    TestTenant tenant = tenant();
    RawKey key = api.userKey(tenant);
    try (TcpProxy proxy = new TcpProxy(own.port())) {
      secret(secretOf(tenant), proxy.port(), "own-app");
      assertThat(chat(key).status()).isEqualTo(200);
      Access sandbox = PlaneCalls.made(api, key);
      assertThat(PlaneCalls.run(api, sandbox, "true").statusCode()).isEqualTo(200);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> receiptOf(key), it -> it.equals("succeeded"));
      assertThat(home(tenant)).as("in the platform's database").isZero();

      proxy.cut();
      assertThat(PlaneCalls.run(api, sandbox, "touch marker").statusCode()).isEqualTo(503);
      assertThat(
              PlaneCalls.send(
                      api, PlaneCalls.with(sandbox, PlaneCalls.unary(api, "/process.Process/List")))
                  .statusCode())
          .as("control: the sandbox is there, and its lease too")
          .isEqualTo(200);
      proxy.mend();
      becomes(key, 200);
      assertThat(PlaneCalls.output(PlaneCalls.run(api, sandbox, "ls; touch marker")))
          .doesNotContain("marker");
      assertThat(PlaneCalls.output(PlaneCalls.run(api, sandbox, "ls")))
          .as("control")
          .contains("marker");
    }
  }

  private static String receiptOf(RawKey key) {
    return api.get("/v1/execution-receipts", key).json().at("/data/0/status").asText();
  }

  private static long home(TestTenant tenant) throws Exception {
    try (Connection superuser = api.database().superuser();
        var row =
            superuser
                .createStatement()
                .executeQuery(
                    "select count(*) from hermes.execution_receipts where tenant_id = '"
                        + tenant.id()
                        + "'")) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  @DisplayName("no Secret, another kind of Secret, or a database that is not this tenant's: 503")
  void notReady() throws Exception {
    TestTenant unprovisioned = registered();
    RawKey key = api.userKey(unprovisioned);
    refused(key, "tenant_database_not_ready");
    own.provision(unprovisioned);
    becomes(key, 200);

    TestTenant tenant = tenant();
    RawKey other = api.userKey(tenant);
    secrets.put(secretOf(tenant), "Opaque", own.secret(own.port(), "own-app"));
    refused(other, "tenant_database_not_ready");
    secrets.remove(secretOf(tenant));
    refused(other, "tenant_database_not_ready");
    othersGoOn();
    secret(secretOf(tenant), own.port(), "own-app");
    becomes(other, 200);
    secrets.remove(secretOf(tenant));
    becomes(other, 503);
  }

  @Test
  @DisplayName("a process has a bounded number of such databases and refuses one more")
  void bounded() throws Exception {
    TestTenant first = tenant();
    TestTenant second = tenant();
    try (TestApi small = api.replica(settings(1))) {
      LocalSecrets there = small.context().getBean(LocalSecrets.class);
      for (TestTenant tenant : List.of(first, second)) {
        there.put(secretOf(tenant), TenantDatabaseSecret.TYPE, own.secret(own.port(), "own-app"));
      }
      Visits visits = small.context().getBean(Visits.class);
      assertThat(visits.mayVisit(new TenantId(first.id()))).as("no place is taken").isTrue();
      assertThat(small.chat(small.userKey(first), ask("demo", "x")).status()).isEqualTo(200);
      assertThat(visits.mayVisit(new TenantId(first.id()))).as("it is open").isTrue();
      assertThat(visits.mayVisit(new TenantId(second.id())))
          .as("the rest is for requests")
          .isFalse();
      Answer refused = small.chat(small.userKey(second), ask("demo", "x"));
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.errorCode()).isEqualTo("tenant_database_not_ready");
      assertThat(small.chat(small.userKey(first), ask("demo", "x")).status()).isEqualTo(200);
    }
  }
}
