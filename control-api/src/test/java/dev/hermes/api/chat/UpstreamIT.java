package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Providers that fail, stall and are left: what the client is told, and what is counted. */
class UpstreamIT {
  private static TestApi api;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
  }

  @Test
  @DisplayName("a provider's failure is 502, its silence 504, and nothing of our account is told")
  void failures() {
    RawKey key = api.userKey(api.tenant());
    for (String stream : List.of("\"stream\":false", "\"stream\":true")) {
      assertThat(fails(key, "fake-500", stream, 502)).isEqualTo("upstream_error");
      assertThat(fails(key, "fake-401", stream, 502)).isEqualTo("upstream_misconfigured");
      assertThat(fails(key, "fake-nowhere", stream, 502)).isEqualTo("upstream_unreachable");
      assertThat(fails(key, "fake-silent", stream, 504)).isEqualTo("timeout");
      assertThat(fails(key, "fake-400", stream, 400)).isEqualTo("context_length_exceeded");
      assertThat(fails(key, "fake-429", stream, 429)).isEqualTo("upstream_rate_limited");
    }
    assertThat(api.chat(key, ask("fake-429", "x")).header("Retry-After")).isEqualTo("60");
    JsonNode usage = api.get("/v1/usage?group_by=status", key).json();
    assertThat(usage.at("/data/0/group").asText()).isEqualTo("failed");
    assertThat(usage.at("/data/0/requests").asInt()).isEqualTo(13);
    assertThat(usage.at("/data/0/total_tokens").asInt()).isZero();
  }

  @Test
  @DisplayName("an answer that breaks off mid-stream is an error event, and no [DONE] follows")
  void brokenStreams() {
    for (Map.Entry<String, String> it :
        Map.of(
                "fake-cut", "upstream_error",
                "fake-stall", "timeout",
                "fake-in-stream-error", "upstream_error")
            .entrySet()) {
      TestTenant tenant = api.tenant();
      RawKey key = api.userKey(tenant);
      Answer answer = api.chat(key, ask(it.getKey(), "x", "\"stream\":true"));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.events()).doesNotContain("[DONE]");
      JsonNode last = answer.chunks().getLast();
      assertThat(last.at("/error/code").asText()).as(it.getKey()).isEqualTo(it.getValue());
      assertThat(last.path("error").properties().stream().map(Map.Entry::getKey))
          .containsExactly("message", "type", "param", "code");
      assertThat(answer.text()).endsWith("}\n\n");
      assertThat(records(tenant)).containsExactly("failed partial");
    }
  }

  @Test
  @DisplayName("MET a provider that does not count is counted for, and the record says so")
  void noUsage() {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    Answer answer = api.chat(key, ask("fake-no-usage", "x"));
    assertThat(answer.json().at("/usage/completion_tokens").asInt()).isPositive();
    assertThat(records(tenant)).containsExactly("succeeded estimated");
  }

  @Test
  @DisplayName("a client that leaves cancels the provider and is counted exactly once")
  void clientLeaves() throws Exception {
    TestTenant tenant = api.tenant();
    api.upstream().forget();
    HttpResponse<InputStream> response =
        api.http()
            .send(
                api.request("/v1/chat/completions", api.userKey(tenant))
                    .header("Content-Type", "application/json")
                    .header("X-Hermes-Session-Id", "s")
                    .POST(BodyPublishers.ofString(ask("fake-endless", "x", "\"stream\":true")))
                    .build(),
                BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      assertThat(body.readNBytes(4096)).hasSize(4096);
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> records(tenant).equals(List.of("aborted partial")));
    Awaitility.await().atMost(Duration.ofSeconds(3)).until(() -> api.upstream().hungUp());
  }

  @Test
  @DisplayName("a client that leaves a request that is no stream is noticed as well")
  void clientLeavesWhole() throws Exception {
    TestTenant tenant = api.tenant();
    String body = ask("demo", "```bash\nsleep 4\n```");
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", api.port())) {
      socket
          .getOutputStream()
          .write(
              ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                      + "Authorization: Bearer "
                      + api.userKey(tenant).text()
                      + "\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      Awaitility.await().until(() -> receipts(tenant).equals(List.of("pending")));
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .untilAsserted(() -> assertThat(records(tenant)).containsExactly("aborted final"));
    assertThat(receipts(tenant)).containsExactly("failed");
  }

  @Test
  @DisplayName("a reader that stalls throttles the provider instead of filling memory")
  void stalledReader() throws Exception {
    TestTenant tenant = api.tenant();
    HttpResponse<InputStream> response =
        api.http()
            .send(
                api.request("/v1/chat/completions", api.userKey(tenant))
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(ask("fake-endless", "x", "\"stream\":true")))
                    .build(),
                BodyHandlers.ofInputStream());
    Runtime runtime = Runtime.getRuntime();
    long started = System.nanoTime();
    Awaitility.await()
        .atMost(Duration.ofSeconds(6))
        .until(() -> System.nanoTime() - started > Duration.ofSeconds(3).toNanos());
    runtime.gc();
    assertThat(runtime.totalMemory() - runtime.freeMemory()).isLessThan(400L << 20);
    response.body().close();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(records(tenant)).containsExactly("aborted partial"));
  }

  @Test
  @DisplayName("the wall clock ends a turn with what there is, finish length")
  void wallClock() {
    try (TestApi quick = api.replica(Map.of("hermes.turn-seconds", "1s"))) {
      TestTenant tenant = api.tenant();
      RawKey key = api.userKey(tenant);
      Answer answer = quick.chat(key, ask("demo", "```bash\nsleep 4\n```"));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.json().at("/choices/0/finish_reason").asText()).isEqualTo("length");
      assertThat(answer.json().at("/hermes/limit").asText()).isEqualTo("wall_clock");
      Answer streamed = quick.chat(key, ask("fake-endless", "x", "\"stream\":true"));
      assertThat(streamed.chunks().getLast().at("/hermes/limit").asText()).isEqualTo("wall_clock");
      assertThat(streamed.events()).endsWith("[DONE]");
      assertThat(records(tenant)).containsExactly("limited final", "limited partial");
    }
  }

  @Test
  @DisplayName("a process that ends lets turns end first: answered with what there is, and counted")
  void shutdown() throws Exception {
    try (TestApi ending = api.replica(Map.of("hermes.drain", "500ms"))) {
      TestTenant tenant = api.tenant();
      RawKey key = api.userKey(tenant);
      var answer =
          java.util.concurrent.CompletableFuture.supplyAsync(
              () -> ending.chat(key, ask("demo", "```bash\nsleep 4\n```")),
              task -> Thread.ofVirtual().start(task));
      Awaitility.await().until(() -> receipts(tenant).equals(List.of("pending")));
      TurnWatch watch = ending.context().getBean(TurnWatch.class);
      assertThat(watch.reportActiveTasks()).hasValue(1);
      watch
          .shutdownGracefully()
          .toCompletableFuture()
          .get(3, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(records(tenant)).containsExactly("limited final");
      assertThat(answer.join().json().at("/hermes/limit").asText()).isEqualTo("shutdown");
    }
  }

  private static String fails(RawKey key, String model, String stream, int status) {
    Answer answer = api.chat(key, ask(model, "x", stream));
    assertThat(answer.status()).as(model + " " + answer.text()).isEqualTo(status);
    assertThat(answer.text()).doesNotContain("sk-upstream").doesNotContain("stack trace");
    return answer.errorCode();
  }

  private static List<String> records(TestTenant tenant) {
    return rows("select status || ' ' || completeness from hermes.usage_records", tenant);
  }

  private static List<String> receipts(TestTenant tenant) {
    return rows("select status from hermes.execution_receipts", tenant);
  }

  private static List<String> rows(String query, TestTenant tenant) {
    return api.column(query + " where tenant_id = '" + tenant.id() + "' order by created_at");
  }
}
