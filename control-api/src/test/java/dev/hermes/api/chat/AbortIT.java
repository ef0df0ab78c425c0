package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeUpstream;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A turn is ended by its owner, by way of any replica. */
class AbortIT {
  @TempDir Path folder;
  private FakeUpstream upstream;
  private TestApi first;
  private TestApi second;
  private TestTenant tenant;
  private RawKey key;

  @BeforeEach
  void start() throws IOException {
    upstream = FakeUpstream.start();
    Path file = Files.writeString(folder.resolve("providers.yaml"), upstream.providersYaml());
    Map<String, Object> settings = Map.of("hermes.providers-file", file.toString());
    first = TestApi.shared().replica(settings);
    second = TestApi.shared().replica(settings);
    tenant = first.tenant();
    key = first.userKey(tenant);
  }

  @AfterEach
  void stop() {
    second.close();
    first.close();
    upstream.close();
  }

  private CompletableFuture<Answer> turn(String session, String model) {
    CompletableFuture<Answer> answer =
        CompletableFuture.supplyAsync(() ->
            first.chat(key, ask(model, "go", "\"stream\":true"), "X-Hermes-Session-Id", session));
    Awaitility.await().until(() -> !upstream.requests().isEmpty());
    return answer;
  }

  private Answer abort(TestApi replica, RawKey caller, String session) {
    return replica.post("/v1/chat/abort", caller, "{\"session_id\":\"" + session + "\"}");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName(
      "AGW-6 AGW-7 the upstream is left within a second, and what was said is kept and billed")
  void aborted(boolean sameReplica) throws Exception {
    CompletableFuture<Answer> turn = turn("s1", "fake-endless");
    Thread.sleep(300);
    long begun = System.nanoTime();
    Answer aborted = abort(sameReplica ? first : second, key, "s1");
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(aborted.status()).as(aborted.text()).isEqualTo(202);
    assertThat(aborted.json().path("status").asText()).isEqualTo("aborted");
    assertThat(took).isLessThan(Duration.ofSeconds(3));
    // a second where nothing else runs
    Awaitility.await().atMost(3, TimeUnit.SECONDS).until(upstream::hungUp);

    Answer answer = turn.get(5, TimeUnit.SECONDS);
    JsonNode last = answer.chunks().getLast();
    assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(last.at("/hermes/limit").asText()).isEqualTo("aborted");
    assertThat(answer.events().getLast()).isEqualTo("[DONE]");
    JsonNode usage = first.get("/v1/usage?group_by=status", key).json().at("/data/0");
    assertThat(usage.path("group").asText()).isEqualTo("aborted");
    assertThat(usage.path("completion_tokens").asInt()).isPositive();
    assertThat(
            first.column(
                "select role from hermes.messages where tenant_id = '"
                    + tenant.id()
                    + "' order by seq"))
        .containsExactly("user", "assistant");
    assertThat(first.chat(key, ask("fake-echo", "next"), "X-Hermes-Session-Id", "s1").status())
        .as("the session is free")
        .isEqualTo(200);
  }

  @Test
  @DisplayName(
      "AGW-6 TEN-9 nobody else's turn: another user's session is answered as one that is not")
  void others() throws Exception {
    CompletableFuture<Answer> turn = turn("s2", "fake-endless");
    RawKey colleague = first.userKey(tenant);
    Answer foreign = abort(second, colleague, "s2");
    assertThat(foreign.status()).isEqualTo(409);
    assertThat(foreign.errorCode()).isEqualTo("no_turn");
    assertThat(foreign.json().path("error"))
        .isEqualTo(abort(second, colleague, "nowhere").json().path("error"));
    Thread.sleep(700);
    assertThat(turn).as("it runs on").isNotDone();
    assertThat(abort(second, key, "s2").status()).as("control").isEqualTo(202);
    turn.get(5, TimeUnit.SECONDS);
  }

  @Test
  @DisplayName("AGW-6 while it runs no second turn has the session, on no replica")
  void busy() throws Exception {
    CompletableFuture<Answer> turn = turn("s3", "fake-endless");
    for (TestApi replica : new TestApi[] {first, second}) {
      Answer other = replica.chat(key, ask("fake-echo", "x"), "X-Hermes-Session-Id", "s3");
      assertThat(other.status()).as(other.text()).isEqualTo(409);
    }
    abort(second, key, "s3");
    turn.get(5, TimeUnit.SECONDS);
  }

  @Test
  @DisplayName("AGW-2 what is wrong with an abort is said")
  void wrong() {
    assertThat(first.post("/v1/chat/abort", key, "{}").status()).isEqualTo(400);
    assertThat(abort(first, key, "a b").status()).isEqualTo(400);
  }
}
