package dev.hermes.api.model;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeAnthropic;
import dev.hermes.api.testing.FakeGemini;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client of OpenAI's API, and models that other servers have. */
class DialectsIT {
  @TempDir private static Path folder;
  private static FakeAnthropic anthropic;
  private static FakeGemini gemini;
  private static TestApi api;
  private RawKey key;

  @BeforeAll
  static void start() throws IOException {
    anthropic = new FakeAnthropic();
    gemini = new FakeGemini();
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        "retry: {attempts: 2, firstSeconds: 0}\nbreaker: {failures: 1000}\nproviders:\n"
            + anthropic.yaml("anthropic", "[claude, both]", "names: {both: claude-real}")
            + gemini.yaml(
                "google", "[gemini, both]", "names: {gemini: gemini-3-pro}\n    weight: 0")
            + "  - name: other\n    baseUrl: http://127.0.0.1:1/v1\n    models: [nowhere]\n");
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
  }

  @AfterAll
  static void stop() {
    api.close();
    anthropic.close();
    gemini.close();
  }

  @BeforeEach
  void key() {
    key = api.userKey(api.tenant());
  }

  private JsonNode last(String model) {
    return (model.equals("claude") ? anthropic.requests() : gemini.requests()).getLast();
  }

  private JsonNode usage() {
    return api.get("/v1/usage?group_by=provider", key).json().at("/data/0");
  }

  private static String tools() {
    return "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"python\",\"parameters\":"
        + "{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"}}}}}]";
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "gemini"})
  @DisplayName("AGW-13 a tool loop in the tenant's sandbox, whole and streamed, counted and billed")
  void loop(String model) {
    Answer whole = api.chat(key, ask(model, "go"));
    assertThat(whole.status()).as(whole.text()).isEqualTo(200);
    assertThat(whole.content()).endsWith("result: 42\n");
    assertThat(whole.json().path("model").asText()).isEqualTo(model);
    assertThat(whole.json().at("/choices/0/finish_reason").asText()).isEqualTo("stop");

    Answer streamed =
        api.chat(
            key,
            ask(model, "go", "\"stream\":true", "\"stream_options\":{\"include_usage\":true}"));
    assertThat(streamed.streamedText()).as(streamed.text()).isEqualTo("result: 42\n");
    JsonNode usage = streamed.chunks().getLast().path("usage");
    assertThat(usage.path("prompt_tokens").asInt()).as("cache and all, twice").isEqualTo(22);
    assertThat(usage.path("completion_tokens").asInt()).as("thoughts too").isEqualTo(14);
    assertThat(usage().path("total_tokens").asInt()).isEqualTo(72);
    assertThat(usage().path("group").asText())
        .isEqualTo(model.equals("claude") ? "anthropic" : "google");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "gemini"})
  @DisplayName("AGW-13 a client's own function: its call is told and its result taken, as OpenAI's")
  void clientTool(String model) {
    String mine = tools().replace("\"python\"", "\"mine\"");
    String planted =
        model.equals("claude")
            ? """
            {"type":"message","role":"assistant","content":[{"type":"tool_use","id":"toolu_9",
            "name":"mine","input":{"code":"x"}}],"stop_reason":"tool_use",
            "usage":{"input_tokens":1,"output_tokens":1}}\
            """
            : """
            {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"mine",
            "args":{"code":"x"}},"thoughtSignature":"c2ln"}]},"finishReason":"STOP"}]}\
            """;
    plant(model, 200, planted);
    Answer called = api.chat(key, ask(model, "go", mine));
    assertThat(called.status()).as(called.text()).isEqualTo(200);
    JsonNode message = called.json().at("/choices/0/message");
    JsonNode call = message.at("/tool_calls/0");
    assertThat(call.at("/function/name").asText()).isEqualTo("mine");
    assertThat(call.at("/function/arguments").asText()).isEqualTo("{\"code\":\"x\"}");
    assertThat(called.json().at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");

    Answer answered =
        api.chat(
            key,
            """
            {"model":"%s",%s,"messages":[{"role":"system","content":"be short"},
            {"role":"user","content":"go"},%s,
            {"role":"tool","tool_call_id":%s,"content":"mine said"}]}\
            """
                .formatted(model, mine, message, call.path("id")));
    assertThat(answered.status()).as(answered.text()).isEqualTo(200);
    assertThat(answered.content()).isEqualTo("result: mine said");
    if (model.equals("gemini")) {
      assertThat(last(model).at("/contents/1/parts/0/thoughtSignature").asText())
          .as("the signature came back by way of the client")
          .isEqualTo("c2ln");
      assertThat(last(model).at("/systemInstruction/parts/0/text").asText()).isEqualTo("be short");
    } else {
      assertThat(last(model).path("system").asText()).isEqualTo("be short");
    }
  }

  private static void plant(String model, int status, String body) {
    if (model.equals("claude")) {
      anthropic.plant(status, "application/json", body);
    } else {
      gemini.plant(status, "application/json", body);
    }
  }

  private record Refusal(String model, int status, String body, int told, String code) {}

  static Stream<Refusal> refusals() {
    String anthropic = "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"}}";
    String gemini = "{\"error\":{\"code\":%d,\"message\":\"%s\",\"status\":\"%s\"%s}}";
    return Stream.of(
        new Refusal(
            "claude",
            400,
            anthropic.formatted("invalid_request_error", "prompt is too long: 9 > 8"),
            400,
            "context_length_exceeded"),
        new Refusal(
            "claude",
            400,
            anthropic.formatted("invalid_request_error", "Your credit balance is too low"),
            502,
            "upstream_misconfigured"),
        new Refusal(
            "claude",
            400,
            anthropic.formatted("invalid_request_error", "no"),
            400,
            "invalid_request_error"),
        new Refusal(
            "claude",
            401,
            anthropic.formatted("authentication_error", "invalid x-api-key sk-upstream-secret"),
            502,
            "upstream_misconfigured"),
        new Refusal(
            "claude", 529, anthropic.formatted("overloaded_error", "x"), 502, "upstream_error"),
        new Refusal(
            "claude",
            429,
            anthropic.formatted("rate_limit_error", "x"),
            429,
            "upstream_rate_limited"),
        new Refusal(
            "gemini",
            400,
            gemini.formatted(
                400,
                "API key not valid",
                "INVALID_ARGUMENT",
                ",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]"),
            502,
            "upstream_misconfigured"),
        new Refusal(
            "gemini",
            400,
            gemini.formatted(
                400, "The input exceeds the maximum number of tokens", "INVALID_ARGUMENT", ""),
            400,
            "context_length_exceeded"),
        new Refusal(
            "gemini",
            400,
            gemini.formatted(400, "no", "INVALID_ARGUMENT", ""),
            400,
            "invalid_argument"),
        new Refusal(
            "gemini",
            503,
            "[" + gemini.formatted(503, "overloaded", "UNAVAILABLE", "") + "]",
            502,
            "upstream_error"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  @DisplayName(
      "AGW-13 RES-5 their refusals are told as OpenAI's, and our account is nobody's business")
  void refused(Refusal refusal) {
    for (int attempt = 0; attempt < 2; attempt++) {
      plant(refusal.model(), refusal.status(), refusal.body());
    }
    Answer answer = api.chat(key, ask(refusal.model(), "x"));
    assertThat(answer.status()).as(answer.text()).isEqualTo(refusal.told());
    assertThat(answer.errorCode()).isEqualTo(refusal.code());
    assertThat(answer.text()).doesNotContain("sk-upstream-secret", "credit");
    drain(refusal.model());
  }

  /** One that is not asked twice leaves the second refusal. */
  private void drain(String model) {
    for (int i = 0; i < 2; i++) {
      api.chat(key, ask(model, "x", "\"tool_choice\":\"none\""));
    }
  }

  @Test
  @DisplayName("RES-5 Gemini says in the body when to come back")
  void retryDelay() {
    String body =
        "{\"error\":{\"code\":429,\"message\":\"quota\",\"status\":\"RESOURCE_EXHAUSTED\","
            + "\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
            + "\"retryDelay\":\"300.2s\"}]}}";
    plant("gemini", 429, body);
    Answer answer = api.chat(key, ask("gemini", "x"));
    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.header("Retry-After")).as("more than our longest pause").isEqualTo("60");
  }

  @Test
  @DisplayName("RES-5 an error amid Anthropic's stream: told, and what was used is billed")
  void amidStream() {
    String stream =
        """
        event: message_start
        data: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"begun "}}

        event: error
        data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

        """;
    anthropic.plant(200, "text/event-stream", stream);
    Answer answer = api.chat(key, ask("claude", "x", "\"stream\":true"));
    assertThat(answer.streamedText()).isEqualTo("begun ");
    assertThat(answer.chunks().getLast().at("/error/code").asText()).isEqualTo("upstream_error");
    assertThat(answer.chunks().getLast().at("/error/message").asText()).contains("Overloaded");
    assertThat(usage().path("prompt_tokens").asInt()).isEqualTo(9);
    assertThat(usage().path("completion_tokens").asInt()).as("a guess").isBetween(1, 5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MALFORMED_FUNCTION_CALL", "SAFETY", "MAX_TOKENS"})
  @DisplayName("AGW-13 why Gemini stopped: nonsense is no answer, a filter and a limit are told")
  void finish(String reason) {
    String body =
        "{\"candidates\":[{\"content\":{\"parts\":[]},\"finishReason\":\"" + reason + "\"}]}";
    plant("gemini", 200, body);
    Answer answer = api.chat(key, ask("gemini", "x", "\"tool_choice\":\"none\""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    switch (reason) {
      case "SAFETY" ->
          assertThat(answer.json().at("/choices/0/finish_reason").asText())
              .isEqualTo("content_filter");
      case "MAX_TOKENS" ->
          assertThat(answer.json().at("/choices/0/finish_reason").asText()).isEqualTo("length");
      default -> assertThat(answer.content()).as("asked again").isEqualTo("echo: x");
    }
  }

  @Test
  @DisplayName("AGW-13 what one upstream cannot be told, another of the model may: else it is said")
  void inexpressible() {
    String json = "\"response_format\":{\"type\":\"json_object\"}";
    Answer answer = api.chat(key, ask("both", "x", json, "\"tool_choice\":\"none\""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(gemini.requests().getLast().at("/generationConfig/responseMimeType").asText())
        .isEqualTo("application/json");
    assertThat(usage().path("degraded_requests").asInt()).isEqualTo(1);

    Answer refused = api.chat(key, ask("claude", "x", json));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().at("/error/param").asText()).isEqualTo("response_format");
    assertThat(refused.json().at("/error/message").asText()).contains("json_schema");
  }

  @Test
  @DisplayName("AGW-13 an upstream may call a model otherwise; the client never hears of it")
  void names() {
    Answer answer = api.chat(key, ask("both", "x", "\"tool_choice\":\"none\""));
    assertThat(answer.json().path("model").asText()).isEqualTo("both");
    assertThat(anthropic.requests().getLast().path("model").asText()).isEqualTo("claude-real");
    assertThat(answer.text()).doesNotContain("claude-real");
  }
}
