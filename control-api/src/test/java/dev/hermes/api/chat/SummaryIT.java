package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.ScriptedUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sessions that are summed up where they no longer fit. A turn is of about 700 tokens and the
 * window leaves room for 3,000: the fifth turn does not fit, and what is kept of it does until the
 * eighth.
 */
class SummaryIT {
  private static final String SESSION = "X-Hermes-Session-Id";
  private static final String MARK = "[The platform's summary";
  private static final int A_CALL = 18;

  @TempDir private Path folder;
  private ScriptedUpstream upstream;
  private ScriptedUpstream tight;
  private TestApi api;
  private TestTenant tenant;
  private RawKey key;
  private volatile boolean answers = true;
  private volatile CountDownLatch held = new CountDownLatch(0);

  @BeforeEach
  void start() throws Exception {
    upstream = new ScriptedUpstream(1_000_000, this::say);
    tight = new ScriptedUpstream(9_000, request -> isForSummary(request) ? "a summary" : "fine");
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        "retry: {attempts: 1}\nbreaker: {failures: 100}\nproviders:\n"
            + upstream.yaml(
                "up",
                "[large, small]",
                "windows: {large: 4000, small: 4000}",
                "prices: {large: {input: 1, output: 1}, small: {input: 2, output: 2}}")
            + tight.yaml("tight", "[tight]", "windows: {tight: 100000}")
            + """
            aliases:
            - {name: wrong, model: tight, summary: {}}
            - {name: plain, model: large}
            - {name: long, model: large, summary: {maxTokens: 256}}
            - {name: cheap, model: large, summary: {model: small, maxTokens: 100}}
            """);
    api =
        TestApi.shared()
            .replica(
                Map.of("hermes.providers-file", file.toString(), "hermes.summary-seconds", "1s"));
    tenant = api.tenant();
    key = api.userKey(tenant);
  }

  @AfterEach
  void stop() {
    held.countDown();
    api.close();
    upstream.close();
    tight.close();
  }

  private static boolean isForSummary(JsonNode request) {
    return request.at("/messages/0/content").asText().startsWith("You sum up conversations");
  }

  private List<JsonNode> forSummary() {
    return upstream.requests().stream().filter(SummaryIT::isForSummary).toList();
  }

  private String say(JsonNode request) {
    if (isForSummary(request)) {
      await();
      return "Ann wants " + forSummary().size() + " boats.";
    }
    if (!answers) {
      throw new IllegalStateException("planted");
    }
    return "fine";
  }

  private void await() {
    try {
      held.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Answer turn(RawKey caller, String model, int turn, String... headers) {
    List<String> all = new java.util.ArrayList<>(List.of(headers));
    all.addAll(List.of("X-Hermes-Tools", "none", SESSION, "s"));
    return api.chat(
        caller, ask(model, "turn " + turn + " " + "x".repeat(2_000)), all.toArray(String[]::new));
  }

  private Answer talk(RawKey caller, String model, int from, int until) {
    return IntStream.range(from, until)
        .mapToObj(turn -> {
          Answer answer = turn(caller, model, turn);
          assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          return answer;
        })
        .reduce((before, last) -> last)
        .orElseThrow();
  }

  private Answer talk(String model, int from, int until) {
    return talk(key, model, from, until);
  }

  private static String told(Answer answer) {
    return answer.json().at("/hermes/summary").asText();
  }

  private JsonNode shown() {
    return upstream.requests().getLast().path("messages");
  }

  private double counted(String outcome) {
    return api.context()
        .getBean(MeterRegistry.class)
        .counter("hermes_chat_summaries", "outcome", outcome)
        .count();
  }

  private List<String> stored() {
    return api.column(
        "select summary_through || ' ' || summary from hermes.sessions where summary is not null"
            + " and tenant_id = '"
            + tenant.id()
            + "'");
  }

  @Test
  @DisplayName(
      "AGW-5 what does not fit is summed up once, the turns after it read that, a later one extends it")
  void life() {
    Answer fits = talk("long", 0, 4);
    assertThat(forSummary()).as("while it fits").isEmpty();
    assertThat(fits.json().has("hermes")).isFalse();

    Answer made = talk("long", 4, 5);
    assertThat(forSummary()).hasSize(1);
    JsonNode asked = forSummary().getFirst();
    assertThat(asked.path("model").asText()).isEqualTo("large");
    assertThat(asked.path("temperature").asInt(-1)).isZero();
    assertThat(asked.path("max_tokens").asInt()).isEqualTo(256);
    assertThat(asked.path("messages")).hasSize(2);
    assertThat(asked.at("/messages/1/content").asText())
        .contains("turn 0", "turn 1", "turn 2", "fine")
        .doesNotContain("turn 3", "Summary of what");
    assertThat(told(made)).isEqualTo("made");
    assertThat(made.json().at("/hermes/messages_left_out").asInt()).isEqualTo(6);
    assertThat(made.json().at("/usage/total_tokens").asInt()).isEqualTo(2 * A_CALL);
    assertThat(shown().at("/0/role").asText()).isEqualTo("user");
    assertThat(shown().at("/0/content").asText()).startsWith(MARK).contains("Ann wants 1 boats.");
    assertThat(shown().at("/1/content").asText()).startsWith("turn 3");
    assertThat(shown()).hasSize(4);
    assertThat(stored()).containsExactly("6 Ann wants 1 boats.");

    Answer used = talk("long", 5, 7);
    assertThat(forSummary()).as("they read it").hasSize(1);
    assertThat(told(used)).isEqualTo("used");
    assertThat(used.json().at("/usage/total_tokens").asInt()).isEqualTo(A_CALL);
    assertThat(shown().at("/0/content").asText()).contains("Ann wants 1 boats.");
    assertThat(shown().at("/1/content").asText()).startsWith("turn 3");

    Answer extended = talk("long", 7, 8);
    assertThat(told(extended)).isEqualTo("made");
    assertThat(forSummary()).hasSize(2);
    assertThat(forSummary().getLast().at("/messages/1/content").asText())
        .contains("Ann wants 1 boats.", "turn 3", "turn 4")
        .doesNotContain("turn 2", "turn 7");
    assertThat(shown().at("/0/content").asText())
        .contains("Ann wants 2 boats.")
        .doesNotContain("1 boats");
    assertThat(stored()).hasSize(1).first().asString().endsWith("Ann wants 2 boats.");
    JsonNode usage = api.get("/v1/usage?group_by=model", key).json().at("/data/0");
    assertThat(usage.path("group").asText()).isEqualTo("long");
    assertThat(usage.path("total_tokens").asInt()).isEqualTo(10 * A_CALL);
    assertThat(usage.path("cost_nanousd").asLong()).isEqualTo(10 * A_CALL * 1_000);
    assertThat(counted("made")).isEqualTo(2);
    assertThat(api.get("/v1/sessions/s/messages?limit=100", key).json().path("data"))
        .as("nothing is lost, and no summary among it")
        .hasSize(16)
        .noneMatch(it -> it.toString().contains("boats"));
  }

  @Test
  @DisplayName(
      "AGW-5 instructions and memories come before it; another model makes it, at its price")
  void place() {
    api.send("PUT", "/v1/memories/name", key, "{\"content\":\"Ann\"}", request -> {});
    talk("cheap", 0, 4);
    String body =
        "{\"model\":\"cheap\",\"messages\":[{\"role\":\"system\",\"content\":\"be kind\"},"
            + "{\"role\":\"user\",\"content\":\"turn 4 "
            + "x".repeat(2_000)
            + "\"}]}";
    assertThat(api.chat(key, body, SESSION, "s", "X-Hermes-Tools", "none").status()).isEqualTo(200);
    assertThat(forSummary()).hasSize(1).allMatch(it -> it.path("model").asText().equals("small"));
    assertThat(shown().at("/0/content").asText()).isEqualTo("be kind");
    assertThat(shown().at("/1/role").asText()).as("memories").isEqualTo("system");
    assertThat(shown().at("/2/content").asText()).startsWith(MARK);
    JsonNode usage = api.get("/v1/usage?group_by=model", key).json().at("/data/0");
    assertThat(usage.path("cost_nanousd").asLong()).isEqualTo((5 + 2) * A_CALL * 1_000);
  }

  @Test
  @DisplayName(
      "AGW-5 without the setting nothing is summed up, nor is a summary shown that is there")
  void off() {
    Answer last = talk("plain", 0, 8);
    assertThat(last.json().at("/hermes/messages_left_out").asInt()).isPositive();
    assertThat(last.json().path("hermes").has("summary")).isFalse();
    assertThat(forSummary()).isEmpty();
    assertThat(stored()).isEmpty();

    assertThat(told(talk("long", 8, 9))).as("control").isEqualTo("made");
    talk("plain", 9, 10);
    assertThat(shown().toString()).doesNotContain("boats");
    assertThat(told(talk("long", 10, 11))).as("control").isEqualTo("used");
  }

  @Test
  @DisplayName("AGW-5 AGW-7 a call for a summary that fails costs the summary, and not the turn")
  void failing() {
    talk("long", 0, 4);
    upstream.plant(500, "application/json", "{}");
    Answer failed = talk("long", 4, 5);
    assertThat(failed.content()).isEqualTo("fine");
    assertThat(told(failed)).isEqualTo("failed");
    assertThat(failed.json().at("/hermes/messages_left_out").asInt())
        .as("no more goes than without")
        .isEqualTo(2);
    assertThat(shown().toString()).doesNotContain(MARK);
    assertThat(counted("failed")).isEqualTo(1);
    assertThat(stored()).isEmpty();
    assertThat(told(talk("long", 5, 6))).as("control: the next turn has one").isEqualTo("made");
    assertThat(forSummary().getLast().toString()).contains("turn 0");
  }

  @Test
  @DisplayName(
      "AGW-5 what goes because the upstream refused is summed up too, and not each turn anew")
  void refused() {
    talk("wrong", 0, 4);
    assertThat(told(talk("wrong", 4, 5))).isEqualTo("made");
    JsonNode shown = tight.requests().getLast().path("messages");
    assertThat(shown.at("/0/content").asText()).startsWith(MARK);
    assertThat(shown.at("/1/content").asText()).startsWith("turn 2");
    assertThat(stored()).containsExactly("4 a summary");
    assertThat(told(talk("wrong", 5, 6))).isEqualTo("used");
    assertThat(tight.requests().stream().filter(SummaryIT::isForSummary)).hasSize(1);
  }

  @Test
  @DisplayName("AGW-5 a model that refuses a temperature is asked without")
  void refusing() {
    talk("long", 0, 4);
    upstream.plant(400, "application/json", "{\"error\":{\"message\":\"temperature\"}}");
    assertThat(told(talk("long", 4, 5))).isEqualTo("made");
    assertThat(forSummary()).hasSize(2);
    JsonNode again = forSummary().getLast();
    assertThat(again.has("temperature")).isFalse();
    assertThat(again.has("max_tokens")).isFalse();
    assertThat(again.path("max_completion_tokens").asInt()).isEqualTo(256);
  }

  @Test
  @DisplayName("AGW-5 a summary that takes too long is not waited for")
  void slow() {
    talk("long", 0, 4);
    held = new CountDownLatch(1);
    long begun = System.nanoTime();
    Answer answer = talk("long", 4, 5);
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(15));
    assertThat(told(answer)).isEqualTo("failed");
    assertThat(counted("slow")).isEqualTo(1);
    assertThat(answer.json().at("/usage/prompt_tokens").asInt())
        .as("what it was asked is billed, by an estimate")
        .isGreaterThan(1_000);
  }

  @Test
  @DisplayName("AGW-6 the abort of a turn ends the call for its summary")
  void aborted() throws Exception {
    talk("long", 0, 4);
    held = new CountDownLatch(1);
    var turn = CompletableFuture.supplyAsync(() -> turn(key, "long", 4));
    Awaitility.await().until(() -> forSummary().size() == 1);
    assertThat(api.post("/v1/chat/abort", key, "{\"session_id\":\"s\"}").status()).isEqualTo(202);
    Answer answer = turn.get(5, TimeUnit.SECONDS);
    assertThat(answer.json().at("/hermes/limit").asText()).isEqualTo("aborted");
    assertThat(counted("aborted") + counted("slow")).isEqualTo(1);
    assertThat(counted("aborted")).isEqualTo(1);
    assertThat(stored()).isEmpty();
    held.countDown();
    assertThat(talk("long", 5, 6).content()).as("the session is free").isEqualTo("fine");
  }

  @Test
  @DisplayName("AGW-15 what a failed turn has summed up its repetition reads")
  void repeated() {
    talk("long", 0, 4);
    answers = false;
    assertThat(turn(key, "long", 4, "Idempotency-Key", "k").status()).isGreaterThan(499);
    assertThat(forSummary()).hasSize(1);
    assertThat(stored()).hasSize(1);
    answers = true;
    Answer again = turn(key, "long", 4, "Idempotency-Key", "k");
    assertThat(again.content()).isEqualTo("fine");
    assertThat(told(again)).isEqualTo("used");
    assertThat(forSummary()).hasSize(1);
  }

  @Test
  @DisplayName("AGW-5 GDP-2 it is deleted with its session, and a new one of that name has none")
  void deleted() {
    talk("long", 0, 5);
    assertThat(stored()).as("control").hasSize(1);
    assertThat(api.send("DELETE", "/v1/sessions/s", key, null, request -> {}).status())
        .isEqualTo(204);
    assertThat(stored()).isEmpty();
    talk("long", 0, 4);
    assertThat(upstream.requests().reversed().stream().limit(4))
        .noneMatch(it -> it.toString().contains("boats"));
  }

  @Test
  @DisplayName("TEN-9 a colleague's and a stranger's session of the same name know nothing of it")
  void others() {
    talk("long", 0, 5);
    for (RawKey other : List.of(api.userKey(tenant), api.userKey(api.tenant()))) {
      int before = forSummary().size();
      talk(other, "long", 0, 4);
      assertThat(upstream.requests().reversed().stream().limit(4))
          .noneMatch(it -> it.toString().contains("boats"));
      assertThat(told(talk(other, "long", 4, 5))).as("its own").isEqualTo("made");
      assertThat(forSummary()).hasSize(before + 1);
      assertThat(forSummary().getLast().toString()).doesNotContain("boats");
    }
    talk("long", 5, 6);
    assertThat(shown().toString()).as("control").contains("Ann wants 1 boats.");
  }

  @Test
  @DisplayName("TEN-2 in a tenant's own schema it lies there and nowhere else")
  void ownSchema() {
    TestTenant own = api.operator().apply(TestTenant.create().withOwnSchema());
    api.operator().schema(own);
    RawKey caller = api.userKey(own);
    talk(caller, "long", 0, 5);
    assertThat(told(talk(caller, "long", 5, 6))).isEqualTo("used");
    String of = ".sessions where summary like 'Ann%' and tenant_id = '" + own.id() + "'";
    assertThat(api.column("select summary from " + own.schema() + of)).hasSize(1);
    assertThat(api.column("select summary from hermes" + of)).isEmpty();
  }

  @Test
  @DisplayName("AGW-5 responses of a conversation are summed up too; a chain of responses is not")
  void responses() {
    String previous = "";
    List<String> told = new java.util.ArrayList<>();
    for (int turn = 0; turn < 5; turn++) {
      String text = "\"turn " + turn + " " + "x".repeat(2_000) + "\"";
      JsonNode kept =
          api.post(
                  "/v1/responses",
                  key,
                  "{\"model\":\"long\",\"conversation\":\"c\",\"input\":" + text + "}")
              .json();
      told.add(kept.at("/hermes/summary").asText());
      JsonNode chained =
          api.post(
                  "/v1/responses",
                  key,
                  "{\"model\":\"long\"" + previous + ",\"input\":" + text + "}")
              .json();
      assertThat(chained.path("hermes").has("summary")).isFalse();
      previous = ",\"previous_response_id\":\"" + chained.path("id").asText() + "\"";
    }
    assertThat(told).containsOnlyOnce("made");
    assertThat(forSummary()).hasSize(1);
  }

  private double statements() {
    return api.context().getBean(MeterRegistry.class).find("hermes_db_queries").counters().stream()
        .filter(it -> tenant.id().toString().equals(it.getId().getTag("tenant_id")))
        .mapToDouble(io.micrometer.core.instrument.Counter::count)
        .sum();
  }

  @Test
  @DisplayName("AGW-5 a summary costs no statement, neither to make nor to read")
  void statementsOfATurn() {
    talk("long", 0, 3);
    List<Double> each = new java.util.ArrayList<>();
    List<String> told = new java.util.ArrayList<>();
    for (int turn = 3; turn < 6; turn++) {
      double before = statements();
      told.add(told(talk("long", turn, turn + 1)));
      each.add(statements() - before);
    }
    assertThat(told).containsExactly("", "made", "used");
    assertThat(each).allMatch(it -> it > 0).containsOnly(each.getFirst());
  }
}
