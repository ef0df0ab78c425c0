package dev.hermes.api.model.strategy;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.ScriptedUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Aliases of the providers file as a client of OpenAI's API meets them. */
class ReasoningIT {
  @TempDir Path folder;
  private final AtomicInteger samples = new AtomicInteger();
  private ScriptedUpstream upstream;
  private TestApi api;
  private RawKey key;

  @BeforeEach
  void start() throws Exception {
    upstream = new ScriptedUpstream(100_000, this::say);
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        "providers:\n"
            + upstream.yaml("up", "[large]", "prices: {large: {input: 1, output: 1}}")
            + """
            aliases:
            - {name: same, model: large}
            - {name: careful, model: large, strategy: tree-of-thought}
            - {name: steady, model: large, strategy: agreement, paths: 5}
            """);
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
    key = api.userKey(api.tenant());
  }

  @AfterEach
  void stop() {
    api.close();
    upstream.close();
  }

  /** Three samples of five say 42. */
  private String say(JsonNode request) {
    String asked = request.at("/messages").get(request.path("messages").size() - 1).toString();
    if (asked.contains("Outline one approach")) {
      return "plan " + asked.replaceAll(".*approach (\\d) of.*", "$1");
    }
    if (asked.contains("candidates for the approach")) {
      return "3";
    }
    String first = request.at("/messages/0/content").asText();
    if (first.contains("plan")) {
      return "answer by " + first.replaceAll("(?s).*(plan \\d).*", "$1");
    }
    return samples.incrementAndGet() % 2 == 1 ? "42" : "4" + samples.get();
  }

  private JsonNode usage() {
    return api.get("/v1/usage?group_by=model", key).json().at("/data/0");
  }

  @Test
  @DisplayName(
      "AGW-14 tree of thought: the third plan is chosen and followed, five calls are billed")
  void treeOfThought() {
    Answer answer = api.chat(key, ask("careful", "how?"));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.content()).isEqualTo("answer by plan 3");
    assertThat(answer.json().path("model").asText()).isEqualTo("careful");
    assertThat(answer.json().at("/usage/total_tokens").asInt()).isEqualTo(5 * 18);
    assertThat(upstream.requests())
        .hasSize(5)
        .allMatch(it -> it.path("model").asText().equals("large"));
    assertThat(usage().path("group").asText()).isEqualTo("careful");
    assertThat(usage().path("requests").asInt()).isEqualTo(1);
    assertThat(usage().path("total_tokens").asInt()).isEqualTo(5 * 18);
    assertThat(usage().path("cost_nanousd").asLong()).isEqualTo(5 * 18_000);
  }

  @Test
  @DisplayName("AGW-14 agreement: what three of five samples say is the answer, in a stream too")
  void agreement() {
    Answer answer = api.chat(key, ask("steady", "how much?", "\"stream\":true"));
    assertThat(answer.streamedText()).isEqualTo("42");
    assertThat(upstream.requests()).hasSize(5);
    assertThat(usage().path("total_tokens").asInt()).isEqualTo(5 * 18);
  }

  @Test
  @DisplayName(
      "an alias alone is another name; all of them are listed, the file's first is the default")
  void names() {
    assertThat(api.chat(key, ask("same", "x")).content()).isEqualTo("42");
    assertThat(upstream.requests()).hasSize(1);
    assertThat(api.get("/v1/models", key).json().path("data").findValuesAsText("id"))
        .containsExactly("large", "same", "careful", "steady");
    Answer unnamed = api.chat(key, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    assertThat(unnamed.json().path("model").asText()).isEqualTo("large");
  }
}
