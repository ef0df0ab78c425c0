package dev.hermes.api.trace;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.dataplane.PlaneCalls;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.key.RawKey;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The log of the API while things go wrong, with a collector that is away. */
class LogLinesIT {
  private static final String PROMPT = "the-prompt-of-somebody@example.com";
  private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  private static TestApi api;

  @BeforeAll
  static void start() {
    api =
        TestApi.start(
            Map.of(
                "otel.exporter.otlp.endpoint", "http://127.0.0.1:1",
                "otel.bsp.schedule.delay", "50"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static void sql(String statement) throws SQLException {
    try (var superuser = api.database().superuser();
        var sql = superuser.createStatement()) {
      sql.execute(statement);
    }
  }

  /** Each statement on the table takes so long. */
  private static void slow(String table, double seconds) throws SQLException {
    sql(
        """
        create or replace function public.slow() returns trigger language plpgsql as
          $$ begin perform pg_sleep(%s); return new; end $$;
        create or replace trigger slow before insert on %s for each statement
          execute function public.slow()
        """
            .formatted(seconds, table));
  }

  @Test
  @DisplayName(
      "OBS-8 every line of a request is JSON with its id, tenant and trace, also where it fails")
  void lines() throws Exception {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    slow("hermes.usage_records", 0.6);
    try (JsonLog log = JsonLog.hear()) {
      Answer whole = api.chat(key, ask("demo", PROMPT), "traceparent", PARENT);
      Answer streamed =
          api.chat(key, ask("demo", PROMPT, "\"stream\":true"), "traceparent", PARENT);
      assertThat(whole.status()).isEqualTo(200);
      assertThat(streamed.status()).isEqualTo(200);
      List<JsonNode> slow = log.saying("slow statement");
      assertThat(slow)
          .hasSize(2)
          .allSatisfy(line -> {
            assertThat(line.at("/mdc/tenant").asText()).isEqualTo(tenant.id().toString());
            assertThat(line.at("/mdc/trace_id").asText())
                .isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
          });
      assertThat(slow)
          .extracting(line -> line.at("/mdc/request_id").asText())
          .containsExactly(whole.header("x-request-id"), streamed.header("x-request-id"));
    } finally {
      sql("drop trigger slow on hermes.usage_records");
    }
  }

  @Test
  @DisplayName("OBS-8 a run over the data plane names its request and tenant too")
  void dataPlane() throws Exception {
    TestTenant tenant = api.tenant();
    PlaneCalls.Access sandbox = PlaneCalls.made(api, api.userKey(tenant));
    slow("hermes.audit_log", 0.6);
    try (JsonLog log = JsonLog.hear()) {
      HttpResponse<byte[]> answer = PlaneCalls.run(api, sandbox, "echo " + PROMPT);
      assertThat(answer.statusCode()).isEqualTo(200);
      Awaitility.await().until(() -> !log.saying("slow statement").isEmpty());
      assertThat(log.saying("slow statement"))
          .hasSize(1)
          .allSatisfy(line -> {
            assertThat(line.at("/mdc/tenant").asText()).isEqualTo(tenant.id().toString());
            assertThat(line.at("/mdc/request_id").asText())
                .isEqualTo(answer.headers().firstValue("x-request-id").orElseThrow());
          });
      assertThat(String.join("", log.lines())).doesNotContain("somebody");
    } finally {
      sql("drop trigger slow on hermes.audit_log");
    }
  }

  @Test
  @DisplayName("OBS-8 what users wrote is in no line, at DEBUG too, and a failure's line is whole")
  void redaction() throws Exception {
    TestTenant tenant = api.tenant();
    RawKey key =
        api.operator()
            .key(tenant, List.of(Role.USER), List.of(Scope.READ, Scope.WRITE, Scope.EXECUTE));
    try (JsonLog log = JsonLog.hear()) {
      api.chat(key, ask("demo", "```python\nprint('" + PROMPT + "')\n```"));
      api.chat(key, ask("fake-500", PROMPT));
      api.chat(key, ask("fake-nowhere", PROMPT, "\"stream\":true"));
      api.chat(key, ask("no-such-model", PROMPT));
      api.chat(key, "{\"messages\": \"" + PROMPT + "\"");
      api.get("/v1/nothing/" + PROMPT, key);
      // a row that the database will not take: its error names the values
      sql(
          "alter table hermes.messages add constraint refused check (content::text not"
              + " like '%somebody@%') not valid");
      Answer refused;
      try {
        refused =
            api.chat(key, ask("demo", PROMPT), "X-Hermes-Session-Id", "s-1", "traceparent", PARENT);
      } finally {
        sql("alter table hermes.messages drop constraint refused");
      }
      assertThat(refused.status()).as(refused.text()).isEqualTo(500);
      List<JsonNode> failure = log.saying("unexpected");
      assertThat(failure)
          .hasSize(1)
          .allSatisfy(line -> {
            assertThat(line.at("/mdc/request_id").asText())
                .isEqualTo(refused.header("x-request-id"));
            assertThat(line.at("/mdc/tenant").asText()).isEqualTo(tenant.id().toString());
            assertThat(line.at("/mdc/trace_id").asText()).isEqualTo(PARENT.substring(3, 35));
            assertThat(line.at("/throwable/stepArray").size()).isPositive();
          });
      assertThat(log.lines())
          .isNotEmpty()
          .allSatisfy(line -> {
            JsonLog.parse(line);
            assertThat(line)
                .doesNotContain("somebody", key.text().substring(20, 63), "sk-upstream-secret")
                .doesNotContain("key:" + key.keyId());
          });
    }
  }

  @Test
  @DisplayName("the control: the values would be there if they were let through")
  void control() {
    TenantDatabase plain =
        new TenantDatabase(
            api.context()
                .getBean(
                    com.zaxxer.hikari.HikariDataSource.class,
                    io.micronaut.inject.qualifiers.Qualifiers.byName("app")));
    TestTenant tenant = api.tenant();
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(() ->
                plain.inTenant(
                    new TenantId(tenant.id()),
                    handle -> {
                      handle.configure(
                          org.jdbi.v3.core.statement.StatementExceptions.class,
                          it ->
                              it.setMessageRendering(
                                  org.jdbi.v3.core.statement.StatementExceptions.MessageRendering
                                      .SHORT_STATEMENT));
                      return handle
                          .createQuery("select nothing from nowhere where x = :x")
                          .bind("x", PROMPT)
                          .mapTo(String.class)
                          .one();
                    })))
        .hasMessageContaining(PROMPT);
  }

  @Test
  @DisplayName(
      "OBS-8 a statement of half a second is logged once, without parameters; a fast one not")
  void slowStatement() {
    TestTenant tenant = api.tenant();
    TenantDatabase database = api.context().getBean(TenantDatabase.class);
    try (JsonLog log = JsonLog.hear()) {
      for (double seconds : new double[] {0.1, 0.6}) {
        database.inTenant(
            new TenantId(tenant.id()),
            handle ->
                handle
                    .createQuery("select pg_sleep(:seconds)::text\n  || :text")
                    .bind("seconds", seconds)
                    .bind("text", PROMPT)
                    .mapTo(String.class)
                    .one());
      }
      List<JsonNode> lines = log.saying("slow statement");
      assertThat(lines).hasSize(1);
      assertThat(lines.getFirst().path("formattedMessage").asText())
          .matches(
              "slow statement, [6-9]\\d\\d ms: select pg_sleep\\(:seconds\\)::text \\|\\| :text");
      assertThat(String.join("", log.lines())).doesNotContain("somebody");
    }
  }

  @Test
  @DisplayName("RES-11 a collector that is away costs no request anything")
  void collectorAway() {
    RawKey key = api.userKey(api.tenant());
    var meters = api.context().getBean(io.micrometer.core.instrument.MeterRegistry.class);
    var lost = meters.counter("hermes_trace_spans_dropped", "reason", "export_failed");
    double before = lost.count();
    Instant begun = Instant.now();
    for (int i = 0; i < 20; i++) {
      assertThat(api.get("/v1/me", key).status()).isEqualTo(200);
    }
    assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(5));
    Awaitility.await().until(() -> lost.count() > before);
    assertThat(meters.counter("hermes_trace_spans_exported").count()).isZero();
    assertThat(api.get("/v1/health/ready", null).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"DEBUG,DEBUG,INFO", "INFO,INFO,INFO", "ERROR,ERROR,INFO", ",INFO,INFO"})
  @DisplayName("OBS-8 the level is what HERMES_LOG_LEVEL says; libraries never go below INFO")
  void level(String set, String ours, String others) {
    LoggerContext shipped = JsonLog.shipped(set);
    assertThat(shipped.getLogger("dev.hermes.api.chat").getEffectiveLevel())
        .isEqualTo(Level.toLevel(ours));
    assertThat(shipped.getLogger("org.jdbi").getEffectiveLevel()).isEqualTo(Level.toLevel(others));
  }
}
