package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.database.TcpProxy;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeUpstream;
import dev.hermes.api.testing.ScriptedUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A turn that is asked for again under its key is one turn, on whichever replica. */
class IdempotencyIT {
  private static final String HOLD = "hold";

  @TempDir private static Path folder;
  private static FakeUpstream upstream;
  private static ScriptedUpstream scripted;
  private static Map<String, Object> settings;
  private static TestApi api;
  private static TestApi second;
  private static volatile CountDownLatch held = new CountDownLatch(0);
  private static final AtomicInteger SAID = new AtomicInteger();

  private TestTenant tenant;
  private RawKey key;

  @BeforeAll
  static void start() throws Exception {
    upstream = FakeUpstream.start();
    scripted = new ScriptedUpstream(100_000, IdempotencyIT::say);
    Path file = folder.resolve("providers.yaml");
    Files.writeString(file, upstream.providersYaml() + scripted.yaml("scripted", "[scripted]"));
    settings =
        Map.of(
            "hermes.providers-file",
            file.toString(),
            "hermes.idempotency-lease",
            "2s",
            "hermes.sweep",
            "2s");
    api = TestApi.shared().replica(settings);
    second = TestApi.shared().replica(settings);
  }

  @AfterAll
  static void stop() {
    second.close();
    api.close();
    scripted.close();
    upstream.close();
  }

  @BeforeEach
  void tenant() {
    tenant = api.tenant();
    key = api.userKey(tenant);
  }

  /** Never says the same twice. */
  private static String say(JsonNode request) {
    String asked = request.at("/messages").toString();
    if (asked.contains(HOLD)) {
      try {
        held.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    String said = "said " + SAID.incrementAndGet();
    return asked.contains("long") ? said + " ".repeat(1_100_000) : said;
  }

  private Answer turn(TestApi replica, RawKey by, String idempotencyKey, String body) {
    return replica.chat(
        by, body, "Idempotency-Key", idempotencyKey, "X-Hermes-Session-Id", "s-" + idempotencyKey);
  }

  private List<String> rows(String table, String column) {
    return api.column(
        "select " + column + " from hermes." + table + " where tenant_id = '" + tenant.id() + "'");
  }

  private int asked(String text) {
    return (int) scripted.requests().stream().filter(it -> it.toString().contains(text)).count();
  }

  @Test
  @DisplayName("AGW-15 50 parallel repeats: one effect, the same answer")
  void parallel() throws Exception {
    held = new CountDownLatch(1);
    String body = ask("scripted", HOLD + " parallel");
    List<CompletableFuture<Answer>> sent = new ArrayList<>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        TestApi replica = i % 2 == 0 ? api : second;
        sent.add(CompletableFuture.supplyAsync(() -> turn(replica, key, "fifty", body), executor));
      }
      Awaitility.await().until(() -> sent.stream().filter(it -> it.isDone()).count() == 49);
      held.countDown();
    }
    List<Answer> answers = sent.stream().map(CompletableFuture::join).toList();
    List<Answer> refused = answers.stream().filter(it -> it.status() == 409).toList();
    assertThat(refused).hasSize(49);
    assertThat(refused)
        .allSatisfy(it -> {
          assertThat(it.errorCode()).isEqualTo("idempotency_key_in_use");
          assertThat(it.json().at("/error/param").asText()).isEqualTo("Idempotency-Key");
          assertThat(it.header("Retry-After")).isEqualTo("1");
          assertThat(it.header("x-should-retry")).isEqualTo("true");
        });
    Answer done = answers.stream().filter(it -> it.status() == 200).findFirst().orElseThrow();
    assertThat(done.header("Idempotent-Replayed")).isEmpty();

    for (TestApi replica : List.of(api, second)) {
      Answer again = turn(replica, key, "fifty", body);
      assertThat(again.status()).as(again.text()).isEqualTo(200);
      assertThat(again.text()).as("byte for byte").isEqualTo(done.text());
      assertThat(again.header("Content-Type")).isEqualTo(done.header("Content-Type"));
      assertThat(again.header("X-Hermes-Session-Id")).isEqualTo("s-fifty");
      assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
      assertThat(again.header("Original-Request")).isEqualTo(done.header("x-request-id"));
      assertThat(again.header("x-request-id")).isNotEqualTo(done.header("x-request-id"));
    }
    assertThat(asked("parallel")).isEqualTo(1);
    assertThat(rows("usage_records", "status")).containsExactly("succeeded");
    assertThat(rows("messages", "role")).containsExactlyInAnyOrder("user", "assistant");

    Answer control = turn(api, key, "fifty-one", body);
    assertThat(control.content()).as("control: another key").isNotEqualTo(done.content());
    assertThat(asked("parallel")).isEqualTo(2);
  }

  @Test
  @DisplayName("AGW-15 AGW-8 a repeat runs no tool again: one receipt")
  void tools() {
    String body = ask("fake-python", "go");
    Answer first = turn(api, key, "tool", body);
    assertThat(first.content()).as(first.text()).isEqualTo("result: 42\n");
    assertThat(turn(second, key, "tool", body).text()).isEqualTo(first.text());
    assertThat(rows("execution_receipts", "status")).containsExactly("succeeded");
    turn(second, key, "other", body);
    assertThat(rows("execution_receipts", "status")).as("control").hasSize(2);
  }

  @Test
  @DisplayName("AGW-15 another request under the key is refused with 422 and does nothing")
  void reused() {
    String body = ask("scripted", "reused", "\"temperature\":0.5");
    Answer first = api.chat(key, body, "Idempotency-Key", "r");
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    List<Answer> others =
        List.of(
            api.chat(key, ask("scripted", "another"), "Idempotency-Key", "r"),
            api.chat(key, body, "Idempotency-Key", "r", "X-Hermes-Tools", "none"),
            api.chat(key, body, "Idempotency-Key", "r", "X-Hermes-Session-Id", "x"),
            api.send(
                "POST",
                "/v1/responses",
                key,
                "{\"model\":\"scripted\",\"input\":\"reused\"}",
                request -> request.header("Idempotency-Key", "r")));
    assertThat(others)
        .allSatisfy(it -> {
          assertThat(it.status()).as(it.text()).isEqualTo(422);
          assertThat(it.errorCode()).isEqualTo("idempotency_key_reused");
          assertThat(it.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
          assertThat(it.header("x-should-retry")).isEqualTo("false");
        });
    String reordered =
        "{ \"temperature\": 0.50, \"messages\": [{\"content\":\"reused\", \"role\":\"user\"}],"
            + " \"model\": \"scripted\"}";
    assertThat(api.chat(key, reordered, "Idempotency-Key", "\"r\"").text())
        .as("control: the same, spelt otherwise, and the key as the draft has it")
        .isEqualTo(first.text());
    assertThat(rows("usage_records", "status")).hasSize(1);
  }

  @Test
  @DisplayName("AGW-15 TEN-9 the same key of a colleague or of another tenant is another key")
  void walls() {
    String body = ask("scripted", "walls");
    Answer mine = api.chat(key, body, "Idempotency-Key", "shared");
    Answer colleague = api.chat(api.userKey(tenant), body, "Idempotency-Key", "shared");
    Answer stranger = api.chat(api.userKey(api.tenant()), body, "Idempotency-Key", "shared");
    assertThat(Set.of(mine.content(), colleague.content(), stranger.content())).hasSize(3);
    assertThat(List.of(colleague, stranger))
        .allMatch(it -> it.status() == 200 && it.header("Idempotent-Replayed").isEmpty());
    assertThat(
            api.chat(api.userKey(api.tenant()), ask("scripted", "y"), "Idempotency-Key", "shared")
                .status())
        .as("nor is it told from a new one by 422")
        .isEqualTo(200);
    assertThat(api.chat(key, body, "Idempotency-Key", "shared").text())
        .as("control")
        .isEqualTo(mine.text());
  }

  @Test
  @DisplayName("AGW-15 what is no key is said, and a key's words are nowhere in the database")
  void keys() {
    for (String bad : List.of("two words", "k".repeat(256), "\"\"", "tab\there")) {
      Answer answer = api.chat(key, ask("scripted", "x"), "Idempotency-Key", bad);
      assertThat(answer.status()).as(bad).isEqualTo(400);
    }
    Answer two =
        api.chat(key, ask("scripted", "x"), "Idempotency-Key", "a", "Idempotency-Key", "b");
    assertThat(two.status()).isEqualTo(400);
    assertThat(two.json().at("/error/param").asText()).isEqualTo("Idempotency-Key");
    String longest = "canary7f3a" + "k".repeat(245);
    assertThat(api.chat(key, ask("scripted", "x"), "Idempotency-Key", longest).status())
        .isEqualTo(200);
    assertThat(rows("idempotency_keys", "idempotency_keys::text"))
        .hasSize(1)
        .noneMatch(it -> it.contains("canary7f3a") || it.contains("63616e617279"));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, '\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]'",
    "/v1/responses, '\"input\":\"one two three\"'"
  })
  @DisplayName("AGW-15 AGW-3 a stream is repeated as a stream, of the same answer in few events")
  void stream(String path, String input) {
    String body =
        "{\"model\":\"fake-echo\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
            + input
            + "}";
    upstream.forget();
    Answer first = post(api, path, body, "stream");
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    Answer again = post(second, path, body, "stream");
    assertThat(again.status()).as(again.text()).isEqualTo(200);
    assertThat(again.header("Content-Type")).startsWith("text/event-stream");
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(again.chunks()).hasSizeLessThan(first.chunks().size());
    assertThat(again.events().getFirst()).isEqualTo(first.events().getFirst());
    if (path.endsWith("completions")) {
      assertThat(again.events().getLast()).isEqualTo("[DONE]");
      assertThat(again.streamedText()).isEqualTo("echo: one two three");
      assertThat(again.chunks().getLast()).isEqualTo(first.chunks().getLast());
    } else {
      JsonNode whole = again.chunks().getLast().path("response");
      assertThat(whole).isEqualTo(first.chunks().getLast().path("response"));
      assertThat(whole.at("/output/0/content/0/text").asText()).isEqualTo("echo: one two three");
      for (int i = 0; i < again.chunks().size(); i++) {
        assertThat(again.chunks().get(i).path("sequence_number").asInt()).isEqualTo(i);
      }
      assertThat(api.get("/v1/responses/" + whole.path("id").asText(), key).json())
          .as("what is kept is that, too")
          .isEqualTo(whole);
    }
    assertThat(upstream.requests()).hasSize(1);
    assertThat(
            post(api, path, body.replace("\"stream\":true", "\"stream\":false"), "stream").status())
        .as("without the stream it is another request")
        .isIn(400, 422);
  }

  private Answer post(TestApi replica, String path, String body, String idempotencyKey) {
    return replica.send(
        "POST", path, key, body, request -> request.header("Idempotency-Key", idempotencyKey));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("AGW-15 a client that left comes back for the answer of the one turn there was")
  void left(boolean stream) throws Exception {
    held = new CountDownLatch(1);
    String body = ask("scripted", HOLD + " left " + stream, "\"stream\":" + stream);
    leave(body, "Idempotency-Key", "left");
    Answer early = turn(second, key, "left", body);
    assertThat(early.status()).as("it is another request, in a session").isEqualTo(422);
    assertThat(post(second, "/v1/chat/completions", body, "left").status()).isEqualTo(409);
    held.countDown();
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(post(second, "/v1/chat/completions", body, "left").status()).isEqualTo(200));
    Answer answer = post(second, "/v1/chat/completions", body, "left");
    assertThat(stream ? answer.streamedText() : answer.content()).startsWith("said ");
    assertThat(asked("left " + stream)).isEqualTo(1);
    assertThat(rows("usage_records", "status")).containsExactly("succeeded");

    held = new CountDownLatch(1);
    leave(body, "X-Hermes-Tools", "none");
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(rows("usage_records", "status"))
                .as("control: without a key the turn ends with its client")
                .contains("aborted"));
    held.countDown();
  }

  private void leave(String body, String... headers) throws Exception {
    int before = scripted.requests().size();
    var waiting =
        api.http()
            .sendAsync(
                api.request("/v1/chat/completions", key)
                    .header("Content-Type", "application/json")
                    .headers(headers)
                    .POST(BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
    Awaitility.await().until(() -> scripted.requests().size() > before);
    waiting.cancel(true);
    Thread.sleep(300);
  }

  @Test
  @DisplayName("AGW-15 a turn that failed lets its key go: the repeat runs, as clients expect")
  void failed() {
    upstream.forget();
    upstream.refuse(500, Map.of());
    String body = ask("fake-echo", "again");
    Answer failed = api.chat(key, body, "Idempotency-Key", "f");
    assertThat(failed.status()).isEqualTo(502);
    assertThat(api.chat(key, "{\"model\":\"fake-echo\"}", "Idempotency-Key", "g").status())
        .isEqualTo(400);
    assertThat(api.chat(key, ask("nope", "x"), "Idempotency-Key", "g").status()).isEqualTo(404);
    assertThat(rows("idempotency_keys", "owner")).isEmpty();
    Answer again = api.chat(key, body, "Idempotency-Key", "f");
    assertThat(again.content()).as(again.text()).isEqualTo("echo: again");
    assertThat(again.header("Idempotent-Replayed")).isEmpty();
    assertThat(upstream.requests()).hasSize(2);
    assertThat(rows("usage_records", "status")).containsExactlyInAnyOrder("failed", "succeeded");
  }

  @Test
  @DisplayName("AGW-15 an answer above 1 MiB is not kept: its repeat does nothing, and is told so")
  void tooLarge() {
    String body = ask("scripted", "long");
    assertThat(api.chat(key, body, "Idempotency-Key", "large").status()).isEqualTo(200);
    Answer again = api.chat(key, body, "Idempotency-Key", "large");
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.errorCode()).isEqualTo("idempotency_answer_not_kept");
    assertThat(again.header("x-should-retry")).isEqualTo("false");
    assertThat(rows("usage_records", "status")).hasSize(1);
  }

  @Test
  @DisplayName("OBS-2 requests whose key was there before are counted by what came of them")
  void counted() throws Exception {
    List<String> outcomes = List.of("replayed", "not_kept", "reused", "in_progress", "resumed");
    List<Double> before = outcomes.stream().map(IdempotencyIT::count).toList();
    api.chat(key, ask("scripted", "counted"), "Idempotency-Key", "c");
    api.chat(key, ask("scripted", "counted"), "Idempotency-Key", "c");
    api.chat(key, ask("scripted", "counted"), "Idempotency-Key", "c");
    api.chat(key, ask("scripted", "another"), "Idempotency-Key", "c");
    superuser("update hermes.idempotency_keys set body = null where tenant_id = '%s'");
    api.chat(key, ask("scripted", "counted"), "Idempotency-Key", "c");
    superuser(
        "update hermes.idempotency_keys set status = null, alive_at = now() where tenant_id = '%s'");
    api.chat(key, ask("scripted", "counted"), "Idempotency-Key", "c");
    superuser("update hermes.idempotency_keys set alive_at = '-infinity' where tenant_id = '%s'");
    api.chat(key, ask("scripted", "counted"), "Idempotency-Key", "c");
    List<Double> after = outcomes.stream().map(IdempotencyIT::count).toList();
    assertThat(IntStream.range(0, 5).mapToObj(i -> after.get(i) - before.get(i)))
        .containsExactly(2.0, 1.0, 1.0, 1.0, 1.0);
  }

  private static double count(String outcome) {
    return api.context()
        .getBean(MeterRegistry.class)
        .counter("hermes_idempotent_requests", "outcome", outcome)
        .count();
  }

  @Test
  @DisplayName("AGW-15 after a day a key is as new, and what it kept is gone")
  void expiry() throws Exception {
    String body = ask("scripted", "expiry");
    Answer first = api.chat(key, body, "Idempotency-Key", "old");
    api.chat(key, body, "Idempotency-Key", "older");
    superuser("update hermes.idempotency_keys set expires_at = now() where tenant_id = '%s'");
    Answer again = api.chat(key, ask("scripted", "expired"), "Idempotency-Key", "old");
    assertThat(again.status()).as(again.text()).isEqualTo(200);
    assertThat(again.content()).isNotEqualTo(first.content());
    api.chat(key, body, "Idempotency-Key", "new");
    assertThat(rows("idempotency_keys", "owner")).as("those of old and new").hasSize(2);
    assertThat(rows("idempotency_keys", "(expires_at - now() > interval '23 hours')::text"))
        .containsOnly("true");
  }

  @Test
  @DisplayName("AGW-15 GDP-2 what has expired is deleted without another key of its tenant")
  void swept() throws Exception {
    api.chat(key, ask("scripted", "swept"), "Idempotency-Key", "a");
    api.chat(key, ask("scripted", "swept"), "Idempotency-Key", "b");
    superuser(
        "update hermes.idempotency_keys set expires_at = now() where tenant_id = '%s'"
            + " and owner = (select min(owner) from hermes.idempotency_keys"
            + " where tenant_id = '%1$s')");
    Awaitility.await()
        .untilAsserted(() -> assertThat(rows("idempotency_keys", "owner")).hasSize(1));
    Thread.sleep(2_500);
    assertThat(rows("idempotency_keys", "owner")).as("control").hasSize(1);
  }

  private void superuser(String sql) throws Exception {
    try (var superuser = api.database().superuser();
        var statement = superuser.createStatement()) {
      statement.execute(sql.formatted(tenant.id()));
    }
  }

  @Test
  @DisplayName(
      "AGW-15 a replica that died holds neither key nor session: the repeat has both at once")
  void crash() throws Exception {
    held = new CountDownLatch(1);
    String body = ask("scripted", HOLD + " crash");
    try (TcpProxy proxy = proxy();
        TestApi dying = dying(proxy)) {
      var lost = CompletableFuture.supplyAsync(() -> turn(dying, key, "crash", body));
      Awaitility.await().until(() -> asked("crash") == 1);
      // a beat and more: a turn that lives is not taken for dead, however long it takes
      Thread.sleep(2_500);
      assertThat(turn(api, key, "crash", body).errorCode()).isEqualTo("idempotency_key_in_use");
      // nothing reaches the database any more: to all others the replica is dead
      proxy.cut();
      held.countDown();
      Answer busy = api.chat(key, ask("scripted", "x"), "X-Hermes-Session-Id", "s-crash");
      assertThat(busy.errorCode()).as("the dead turn has the session").isEqualTo("session_busy");
      Awaitility.await()
          .atMost(Duration.ofSeconds(8))
          .untilAsserted(() -> assertThat(turn(api, key, "crash", body).status()).isEqualTo(200));
      assertThat(lost.get(30, TimeUnit.SECONDS).status()).isEqualTo(503);
    }
    assertThat(asked("crash")).isEqualTo(2);
    assertThat(rows("usage_records", "status")).containsExactly("succeeded");
    assertThat(rows("messages", "role")).containsExactlyInAnyOrder("user", "assistant");
    assertThat(api.chat(key, ask("scripted", "next"), "X-Hermes-Session-Id", "s-crash").status())
        .isEqualTo(200);
  }

  /** A replica whose database can be cut off: to all others it has died then. */
  private TestApi dying(TcpProxy proxy) {
    String url = api.database().url();
    int port = URI.create(url.substring("jdbc:".length())).getPort();
    Map<String, Object> cut = new java.util.HashMap<>(settings);
    cut.put("hermes.db-url", url.replace(":" + port + "/", ":" + proxy.port() + "/"));
    return TestApi.shared().replica(cut);
  }

  private TcpProxy proxy() throws Exception {
    return new TcpProxy(URI.create(api.database().url().substring("jdbc:".length())).getPort());
  }

  private Answer finished(String idempotencyKey, String body) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> assertThat(turn(api, key, idempotencyKey, body).status()).isEqualTo(200));
    return turn(second, key, idempotencyKey, body);
  }

  /** How often the model was asked, by how many results it was shown. */
  private static long asked(String model, int results) {
    return upstream.requests().stream()
        .filter(it -> it.path("model").asText().equals(model))
        .filter(it ->
            it.path("messages").findValuesAsText("role").stream().filter("tool"::equals).count()
                == results)
        .count();
  }

  @Test
  @DisplayName("AGW-15 AGW-8 killed between tool calls: the repeat goes on, each tool has run once")
  void goesOn() throws Exception {
    upstream.forget();
    CountDownLatch gate = upstream.hold(1);
    String body = ask("fake-steps", "go");
    try (TcpProxy proxy = proxy();
        TestApi dying = dying(proxy)) {
      var lost = CompletableFuture.supplyAsync(() -> turn(dying, key, "steps", body));
      Awaitility.await().until(() -> asked("fake-steps", 1) == 1);
      proxy.cut();
      gate.countDown();
      Answer answer = finished("steps", body);
      assertThat(answer.content())
          .as("both results, of two runs")
          .matches("steps: [0-9a-f-]{36} [0-9a-f-]{36}");
      assertThat(lost.get(30, TimeUnit.SECONDS).status()).isEqualTo(503);
    }
    assertThat(asked("fake-steps", 0)).as("what was said before is not asked again").isEqualTo(1);
    assertThat(asked("fake-steps", 1)).as("the answer that was lost").isEqualTo(2);
    assertThat(rows("execution_receipts", "status")).containsExactly("succeeded", "succeeded");
    assertThat(api.column(ordered()))
        .containsExactly("user", "assistant", "tool", "assistant", "tool", "assistant");
    assertThat(rows("usage_records", "status || ' ' || prompt_tokens || ' ' || tool_calls"))
        .as("three model calls of eleven tokens; the one that was lost nobody could write")
        .containsExactly("succeeded 33 2");
  }

  private String ordered() {
    return "select role from hermes.messages where tenant_id = '" + tenant.id() + "' order by seq";
  }

  @Test
  @DisplayName("AGW-15 killed while a tool runs: it is not run again, and the model is told so")
  void inFlight() throws Exception {
    upstream.forget();
    String body = ask("fake-slow-tool", "go");
    try (TcpProxy proxy = proxy();
        TestApi dying = dying(proxy)) {
      var lost = CompletableFuture.supplyAsync(() -> turn(dying, key, "flight", body));
      Awaitility.await().until(() -> rows("execution_receipts", "status").contains("pending"));
      proxy.cut();
      assertThat(finished("flight", body).content()).contains("may have run");
      assertThat(lost.get(30, TimeUnit.SECONDS).status()).isEqualTo(503);
    }
    assertThat(asked("fake-slow-tool", 0)).isEqualTo(1);
    assertThat(rows("execution_receipts", "status")).as("of one run").containsExactly("pending");
    assertThat(api.column(ordered())).containsExactly("user", "assistant", "tool", "assistant");
  }

  @Test
  @DisplayName("AGW-15 a turn that fails behind a tool goes on behind it, at once")
  void failedBehindTool() throws Exception {
    upstream.forget();
    String body = ask("fake-slow-tool", "go", "\"stream\":true");
    var failing = CompletableFuture.supplyAsync(() -> turn(api, key, "behind", body));
    Awaitility.await().until(() -> rows("execution_receipts", "status").contains("pending"));
    upstream.refuse(500, Map.of());
    assertThat(failing.get(20, TimeUnit.SECONDS).text()).contains("upstream_error");
    assertThat(turn(api, key, "behind", ask("fake-echo", "x")).status()).isEqualTo(422);
    assertThat(rows("messages", "role")).as("not before the repeat has ended").isEmpty();
    Answer again = turn(second, key, "behind", body);
    assertThat(again.streamedText()).as(again.text()).isEqualTo("result: done\n");
    assertThat(asked("fake-slow-tool", 0)).isEqualTo(1);
    assertThat(rows("execution_receipts", "status")).containsExactly("succeeded");
    assertThat(api.column(ordered())).containsExactly("user", "assistant", "tool", "assistant");
    assertThat(rows("usage_records", "status || ' ' || prompt_tokens || ' ' || tool_calls"))
        .as("what the first has paid is not paid again")
        .containsExactlyInAnyOrder("failed 11 1", "succeeded 11 0");
  }

  @Test
  @DisplayName("AGW-15 GDP-2 with its session an answer is forgotten, and not made again")
  void forgotten() {
    String body = ask("scripted", "forgotten");
    turn(api, key, "forget", body);
    assertThat(rows("idempotency_keys", "(body is not null)::text")).containsExactly("true");
    assertThat(api.send("DELETE", "/v1/sessions/s-forget", key, null, request -> {}).status())
        .isEqualTo(204);
    assertThat(rows("idempotency_keys", "(body is not null)::text")).containsExactly("false");
    assertThat(turn(api, key, "forget", body).errorCode()).isEqualTo("idempotency_answer_not_kept");
    assertThat(asked("forgotten")).isEqualTo(1);
  }

  @Test
  @DisplayName("AGW-15 a turn that was only thought dead ends when it hears of its successor")
  void superseded() throws Exception {
    held = new CountDownLatch(1);
    String body = ask("scripted", HOLD + " superseded");
    var old = CompletableFuture.supplyAsync(() -> turn(api, key, "old", body));
    Awaitility.await().until(() -> asked("superseded") == 1);
    // as a process finds it that was paused for long
    superuser("update hermes.idempotency_keys set owner = 'req_next' where tenant_id = '%s'");
    Answer first = old.get(10, TimeUnit.SECONDS);
    assertThat(first.errorCode()).as(first.text()).isEqualTo("idempotency_key_in_use");
    assertThat(rows("usage_records", "status")).containsExactly("aborted");
    assertThat(rows("idempotency_keys", "owner")).containsExactly("req_next");
    held.countDown();
    Awaitility.await()
        .atMost(Duration.ofSeconds(8))
        .untilAsserted(() ->
            assertThat(turn(second, key, "old", body).status()).as("it died, too").isEqualTo(200));
  }
}
