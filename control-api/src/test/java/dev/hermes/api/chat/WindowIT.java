package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.ScriptedUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions that have grown longer than what a model can read at once. */
class WindowIT {
  private static final int CHARACTERS = 9_000;
  private static final String SESSION = "X-Hermes-Session-Id";

  @TempDir private static Path folder;
  private static ScriptedUpstream upstream;
  private static TestApi api;
  private RawKey key;

  @BeforeAll
  static void start() throws Exception {
    upstream = new ScriptedUpstream(CHARACTERS, request -> "fine");
    Path file = folder.resolve("providers.yaml");
    Files.writeString(
        file,
        "retry: {attempts: 1}\nproviders:\n"
            + upstream.yaml("up", "[known, unknown]", "windows: {known: 3000}"));
    api = TestApi.shared().replica(Map.of("hermes.providers-file", file.toString()));
  }

  @AfterAll
  static void stop() {
    api.close();
    upstream.close();
  }

  @BeforeEach
  void key() {
    key = api.userKey(api.tenant());
  }

  /** Eight turns of 2,000 characters, of which about four fit. */
  private Answer talk(String model) {
    Answer last = null;
    for (int turn = 0; turn < 8; turn++) {
      last =
          api.chat(
              key,
              ask(model, "turn " + turn + " " + "x".repeat(2_000)),
              SESSION,
              "long",
              "X-Hermes-Tools",
              "none");
      assertThat(last.status()).as(last.text()).isEqualTo(200);
    }
    return java.util.Objects.requireNonNull(last);
  }

  @Test
  @DisplayName(
      "AGW-5 where the window is known the oldest turns are left out, and the client is told")
  void known() {
    int before = upstream.requests().size();
    Answer last = talk("known");
    assertThat(upstream.requests()).as("none was refused").hasSize(before + 8);
    JsonNode shown = upstream.requests().getLast().path("messages");
    assertThat(shown.get(shown.size() - 1).path("content").asText()).startsWith("turn 7");
    assertThat(shown.get(0).path("role").asText()).as("whole exchanges").isEqualTo("user");
    assertThat(shown.size()).isBetween(3, 9);
    assertThat(last.json().at("/hermes/messages_left_out").asInt()).isEqualTo(15 - shown.size());
    List<String> kept =
        api.get("/v1/sessions/long/messages?limit=100", key)
            .json()
            .path("data")
            .findValuesAsText("id");
    assertThat(kept).as("nothing is lost").hasSize(16);
  }

  @Test
  @DisplayName("AGW-5 where it is not known, the upstream's refusal halves what is shown")
  void unknown() {
    int before = upstream.requests().size();
    Answer last = talk("unknown");
    assertThat(upstream.requests().size()).as("refusals came").isGreaterThan(before + 8);
    assertThat(last.json().at("/hermes/messages_left_out").asInt()).isPositive();
    JsonNode usage = api.get("/v1/usage?group_by=status", key).json().path("data");
    assertThat(usage).hasSize(1);
    assertThat(usage.at("/0/group").asText()).isEqualTo("succeeded");
    assertThat(usage.at("/0/total_tokens").asInt()).as("refusals cost nothing").isEqualTo(8 * 18);
  }

  @Test
  @DisplayName(
      "AGW-2 what the client itself sends is never shortened: it is told as OpenAI tells it")
  void tooLong() {
    for (String model : List.of("known", "unknown")) {
      Answer answer = api.chat(key, ask(model, "x".repeat(CHARACTERS)), SESSION, "s");
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.json().at("/error/code").asText()).isEqualTo("context_length_exceeded");
    }
  }
}
