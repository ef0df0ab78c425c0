package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.key.RawKey;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What OpenAI's clients rely on, line by line. */
class ContractIT {
  private static final String CODE = "run\\n```python\\nprint(6*7)\\n```";
  private static final String WEATHER =
      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":"
          + "{\"type\":\"object\",\"x-extra\":[1,{\"a\":null}]},\"strict\":true}}]";
  private static TestApi api;
  private static RawKey key;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
    key = api.userKey(api.tenant());
  }

  @Test
  @DisplayName("AGW-1 the object has every member the schema requires, logprobs and refusal too")
  void whole() {
    Answer answer = api.chat(key, ask("demo", "hello there"));
    JsonNode body = answer.json();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("application/json");
    assertThat(body.path("id").asText()).startsWith("chatcmpl-");
    assertThat(body.path("object").asText()).isEqualTo("chat.completion");
    assertThat(body.path("model").asText()).isEqualTo("demo");
    assertThat(body.path("created").asLong()).isGreaterThan(1_700_000_000L);
    JsonNode choice = body.at("/choices/0");
    assertThat(choice.path("index").asInt()).isZero();
    assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
    assertThat(choice.has("logprobs")).isTrue();
    assertThat(choice.at("/message/role").asText()).isEqualTo("assistant");
    assertThat(choice.path("message").has("refusal")).isTrue();
    assertThat(answer.content()).isEqualTo("demo: hello there");
    assertThat(body.at("/usage/total_tokens").asLong())
        .isEqualTo(
            body.at("/usage/prompt_tokens").asLong() + body.at("/usage/completion_tokens").asLong())
        .isPositive();
  }

  @Test
  @DisplayName("chunks come in order: role, text, finish, [DONE]; no usage unless asked for")
  void streamOrder() {
    Answer answer = api.chat(key, ask("demo", "one two three four five", "\"stream\":true"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("text/event-stream");
    assertThat(answer.header("Cache-Control")).isEqualTo("no-cache");
    assertThat(answer.header("X-Accel-Buffering")).isEqualTo("no");
    List<JsonNode> chunks = answer.chunks();
    assertThat(chunks.getFirst().at("/choices/0/delta").toString())
        .isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
    assertThat(chunks.stream().filter(it -> it.at("/choices/0/delta").has("role"))).hasSize(1);
    assertThat(answer.streamedText()).isEqualTo("demo: one two three four five");
    assertThat(chunks).hasSizeGreaterThan(3);
    assertThat(chunks.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(chunks.getLast().at("/choices/0/delta")).isEmpty();
    assertThat(answer.events().getLast()).isEqualTo("[DONE]");
    assertThat(chunks).noneMatch(it -> it.has("usage"));
    assertThat(chunks.stream().map(it -> it.path("id").asText()).distinct()).hasSize(1);
    assertThat(chunks.stream().map(it -> it.path("created").asText()).distinct()).hasSize(1);
    assertThat(chunks).allMatch(it -> it.path("object").asText().equals("chat.completion.chunk"));
    assertThat(answer.text().lines().filter(it -> !it.isEmpty()))
        .allMatch(it -> it.startsWith("data: ") || it.startsWith(":"));
  }

  @Test
  @DisplayName("usage comes alone, last, with empty choices; all chunks before carry null")
  void includeUsage() {
    Answer answer =
        api.chat(
            key,
            ask("demo", "hello", "\"stream\":true", "\"stream_options\":{\"include_usage\":true}"));
    List<JsonNode> chunks = answer.chunks();
    assertThat(chunks.getLast().path("choices")).isEmpty();
    assertThat(chunks.getLast().at("/usage/total_tokens").asLong()).isPositive();
    assertThat(chunks.subList(0, chunks.size() - 1))
        .allMatch(it -> it.path("usage").isNull() && it.has("usage"));
    assertThat(answer.events().getLast()).isEqualTo("[DONE]");
  }

  @Test
  @DisplayName(
      "Accept: application/json on a stream is fine, as Python's and Node's clients send it")
  void acceptJson() {
    for (String accept : List.of("application/json", "text/event-stream", "*/*")) {
      Answer answer = api.chat(key, ask("demo", "hi", "\"stream\":true"), "Accept", accept);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.events()).endsWith("[DONE]");
    }
  }

  @Test
  @DisplayName("unknown members are ignored, null is as good as absent")
  void lenient() {
    Answer answer =
        api.chat(
            key,
            ask(
                "fake-echo",
                "hi",
                "\"brand_new\":{\"x\":1}",
                "\"temperature\":null",
                "\"tools\":null",
                "\"tool_choice\":null",
                "\"stream\":null",
                "\"stream_options\":null",
                "\"n\":null",
                "\"metadata\":{\"a\":\"b\"}",
                "\"store\":true",
                "\"user\":\"u\""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.content()).isEqualTo("echo: hi");
  }

  @Test
  @DisplayName("AGW-2 n above 1 and the old function members are refused by name")
  void unsupported() {
    for (String member : List.of("\"n\":2", "\"functions\":[{}]", "\"modalities\":[\"audio\"]")) {
      Answer answer = api.chat(key, ask("demo", "x", member));
      assertThat(answer.status()).as(member).isEqualTo(400);
      assertThat(answer.errorCode()).isEqualTo("unsupported_parameter");
      assertThat(member).contains(answer.json().at("/error/param").asText());
    }
    assertThat(api.chat(key, ask("demo", "x", "\"n\":1")).status()).isEqualTo(200);
  }

  @Test
  @DisplayName("sampling reaches the provider as it was sent")
  void sampling() {
    api.chat(
        key,
        ask(
            "fake-echo",
            "x",
            "\"temperature\":0.25",
            "\"max_tokens\":7",
            "\"stop\":[\"a\"]",
            "\"response_format\":{\"type\":\"json_object\"}",
            "\"parallel_tool_calls\":false"));
    JsonNode sent = api.upstream().lastRequest();
    assertThat(sent.path("temperature").asDouble()).isEqualTo(0.25);
    assertThat(sent.path("max_tokens").asInt()).isEqualTo(7);
    assertThat(sent.at("/stop/0").asText()).isEqualTo("a");
    assertThat(sent.at("/response_format/type").asText()).isEqualTo("json_object");
    assertThat(sent.path("parallel_tool_calls").asBoolean(true)).isFalse();
    assertThat(sent.has("stream_options")).isFalse();
  }

  @Test
  @DisplayName("a model that does not exist or is not allowed is 404 model_not_found")
  void unknownModel() {
    TestTenant narrow =
        api.operator()
            .apply(
                TestTenant.create()
                    .withModels(new TenantSpec.Models(List.of("fake-echo", "demo"), "demo")));
    RawKey narrowKey = api.userKey(narrow);
    for (Answer answer :
        List.of(
            api.chat(key, ask("gpt-99", "x")),
            api.chat(narrowKey, ask("fake-500", "x")),
            api.chat(narrowKey, ask("fake-500", "x", "\"stream\":true")))) {
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.errorCode()).isEqualTo("model_not_found");
      assertThat(answer.json().at("/error/param").asText()).isEqualTo("model");
    }
    assertThat(api.chat(narrowKey, ask("fake-echo", "x")).status()).isEqualTo(200);
    assertThat(api.chat(narrowKey, ask(null, "x")).content()).isEqualTo("demo: x");
    assertThat(api.get("/v1/models", narrowKey).json().path("data").findValuesAsText("id"))
        .containsExactly("demo", "fake-echo");
  }

  @Test
  @DisplayName("a request that names no model gets the first it may use")
  void noModel() {
    assertThat(api.chat(key, ask(null, "x")).content()).isEqualTo("demo: x");
  }

  @Test
  @DisplayName("models have their members, and ids with slash and colon work raw and encoded")
  void models() {
    JsonNode models = api.get("/v1/models", key).json();
    assertThat(models.path("object").asText()).isEqualTo("list");
    assertThat(models.path("data"))
        .allMatch(it ->
            it.path("object").asText().equals("model")
                && it.path("created").isIntegralNumber()
                && !it.path("owned_by").asText().isEmpty());
    for (String path : List.of("vendor/fake:1", "vendor%2Ffake%3A1", "vendor/fake%3A1")) {
      Answer answer = api.get("/v1/models/" + path, key);
      assertThat(answer.status()).as(path).isEqualTo(200);
      assertThat(answer.json().path("id").asText()).isEqualTo("vendor/fake:1");
    }
    assertThat(api.chat(key, ask("vendor/fake:1", "x")).content()).isEqualTo("echo: x");
  }

  @Test
  @DisplayName("the client's own tools pass through untouched and their calls come back to it")
  void clientTools() {
    Answer answer = api.chat(key, ask("fake-client-tool", "weather?", WEATHER));
    JsonNode sent = api.upstream().lastRequest();
    assertThat("\"tools\":[" + sent.at("/tools/0") + "]").isEqualTo(WEATHER);
    JsonNode choice = answer.json().at("/choices/0");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(choice.at("/message/content").isNull()).isTrue();
    assertThat(choice.at("/message/tool_calls/0").toString())
        .isEqualTo(
            "{\"id\":\"call_up\",\"type\":\"function\",\"function\":{\"name\":\"weather\","
                + "\"arguments\":\"{\\\"city\\\":\\\"Zürich\\\"}\"}}");
    Answer second =
        api.chat(
            key,
            "{\"model\":\"fake-client-tool\",\"messages\":[{\"role\":\"user\",\"content\":\"w?\"},"
                + answer.json().at("/choices/0/message")
                + ",{\"role\":\"tool\",\"tool_call_id\":\"call_up\",\"content\":\"sunny\"}],"
                + WEATHER
                + "}");
    assertThat(second.content()).isEqualTo("client said: sunny");
  }

  @Test
  @DisplayName("a streamed call has index always, id and name once, and ends with tool_calls")
  void clientToolsStreamed() {
    Answer answer = api.chat(key, ask("fake-client-tool", "w?", WEATHER, "\"stream\":true"));
    StringBuilder arguments = new StringBuilder();
    int ids = 0;
    int names = 0;
    for (JsonNode chunk : answer.chunks()) {
      for (JsonNode call : chunk.at("/choices/0/delta/tool_calls")) {
        assertThat(call.path("index").isIntegralNumber()).isTrue();
        ids += call.has("id") ? 1 : 0;
        names += call.path("function").has("name") ? 1 : 0;
        arguments.append(call.at("/function/arguments").asText());
      }
    }
    assertThat(ids).isEqualTo(1);
    assertThat(names).isEqualTo(1);
    assertThat(arguments.toString()).isEqualTo("{\"city\":\"Zürich\"}");
    assertThat(answer.chunks().getLast().at("/choices/0/finish_reason").asText())
        .isEqualTo("tool_calls");
  }

  @Test
  @DisplayName("a client function of the same name as a platform tool wins")
  void clientFunctionWins() {
    String own =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"python\",\"parameters\":{}}}]";
    Answer answer = api.chat(key, ask("fake-python", "x", own));
    assertThat(answer.json().at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(api.upstream().lastRequest().path("tools").findValuesAsText("name"))
        .containsExactly("python", "bash");
  }

  @Test
  @DisplayName("tool_choice none and X-Hermes-Tools narrow what is offered")
  void narrowing() {
    api.chat(key, ask("fake-echo", "x"));
    assertThat(offered()).containsExactly("python", "bash");
    api.chat(key, ask("fake-echo", "x", "\"tool_choice\":\"none\""));
    assertThat(offered()).isEmpty();
    api.chat(key, ask("fake-echo", "x"), "X-Hermes-Tools", "none");
    assertThat(offered()).isEmpty();
    api.chat(key, ask("fake-echo", "x"), "X-Hermes-Tools", "bash");
    assertThat(offered()).containsExactly("bash");
    Answer wrong = api.chat(key, ask("fake-echo", "x"), "X-Hermes-Tools", "rocket");
    assertThat(wrong.status()).isEqualTo(400);
    assertThat(
            api.chat(key, ask("demo", CODE.replace("\\n", "\n")), "X-Hermes-Tools", "none")
                .content())
        .startsWith("demo: run");
  }

  @Test
  @DisplayName("a tool message without the call it answers is refused as OpenAI does")
  void toolMessages() {
    for (String messages :
        List.of(
            "[{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"y\"}]",
            "[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"tool\",\"content\":\"y\"}]",
            "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"type\":"
                + "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
                + "{\"role\":\"user\",\"content\":\"q\"}]")) {
      Answer answer = api.chat(key, "{\"model\":\"demo\",\"messages\":" + messages + "}");
      assertThat(answer.status()).as(messages).isEqualTo(400);
      assertThat(answer.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
    }
  }

  @Test
  @DisplayName("content parts, a system message and a developer message are understood")
  void parts() {
    Answer answer =
        api.chat(
            key,
            "{\"model\":\"demo\",\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},"
                + "{\"role\":\"developer\",\"content\":\"x\"},{\"role\":\"user\",\"content\":"
                + "[{\"type\":\"text\",\"text\":\"part one \"},{\"type\":\"text\",\"text\":\"two\"}"
                + "]}]}");
    assertThat(answer.content()).isEqualTo("demo: part one two");
  }

  private static List<String> offered() {
    return api.upstream().lastRequest().path("tools").findValuesAsText("name");
  }
}
