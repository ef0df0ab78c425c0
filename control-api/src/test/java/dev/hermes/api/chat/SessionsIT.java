package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SessionsIT {
  private static final String HEADER = "X-Hermes-Session-Id";
  private static TestApi api;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
  }

  @Test
  @DisplayName("AGW-5 a session's history is put in front, and its id comes back")
  void history() {
    RawKey key = api.userKey(api.tenant());
    Answer first = api.chat(key, ask("fake-echo", "first"), HEADER, "talk.1_A-z");
    assertThat(first.header(HEADER)).isEqualTo("talk.1_A-z");
    api.chat(
        key,
        "{\"model\":\"fake-echo\",\"messages\":[{\"role\":\"system\",\"content\":\"be kind\"},"
            + "{\"role\":\"user\",\"content\":\"second\"}]}",
        HEADER,
        "talk.1_A-z");
    assertThat(sent()).containsExactly("be kind", "first", "echo: first", "second");
    assertThat(api.chat(key, ask("fake-echo", "alone")).header(HEADER)).isEmpty();
    assertThat(sent()).containsExactly("alone");
  }

  @Test
  @DisplayName("AGW-5 a request with the whole conversation adds only its new tail")
  void wholeConversation() {
    RawKey key = api.userKey(api.tenant());
    api.chat(key, ask("fake-echo", "first"), HEADER, "s");
    api.chat(
        key,
        "{\"model\":\"fake-echo\",\"messages\":[{\"role\":\"user\",\"content\":\"first\"},"
            + "{\"role\":\"assistant\",\"content\":\"echo: first\"},"
            + "{\"role\":\"user\",\"content\":\"second\"}]}",
        HEADER,
        "s");
    assertThat(sent()).containsExactly("first", "echo: first", "second");
    api.chat(key, ask("fake-echo", "third"), HEADER, "s");
    assertThat(sent()).containsExactly("first", "echo: first", "second", "echo: second", "third");
  }

  @Test
  @DisplayName("tool exchanges are kept, and a call the client never answered does no harm")
  void toolExchanges() {
    RawKey key = api.userKey(api.tenant());
    assertThat(api.chat(key, ask("fake-python", "go"), HEADER, "s").content())
        .isEqualTo("result: 42\n");
    api.chat(key, ask("fake-echo", "and now"), HEADER, "s");
    assertThat(sent()).containsExactly("go", "", "42\n", "result: 42\n", "and now");
    String tool =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{}}}]";
    Answer call = api.chat(key, ask("fake-client-tool", "w?", tool), HEADER, "s");
    assertThat(call.json().at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
    Answer after = api.chat(key, ask("fake-echo", "never mind"), HEADER, "s");
    assertThat(after.status()).as(after.text()).isEqualTo(200);
    assertThat(sent()).endsWith("w?", "never mind");
  }

  @Test
  @DisplayName("TEN-3 the same id of two tenants, or of two users, is two sessions")
  void sameId() {
    TestTenant one = api.tenant();
    api.chat(api.userKey(one), ask("fake-echo", "secret of one"), HEADER, "same");
    api.chat(api.userKey(one), ask("fake-echo", "another user"), HEADER, "same");
    assertThat(sent()).containsExactly("another user");
    api.chat(api.userKey(api.tenant()), ask("fake-echo", "other tenant"), HEADER, "same");
    assertThat(sent()).containsExactly("other tenant");
  }

  @Test
  void badIds() {
    RawKey key = api.userKey(api.tenant());
    for (String id : List.of("a b", "a/b", "ü", "x".repeat(129), "a;drop", "a'b")) {
      Answer answer = api.chat(key, ask("demo", "x"), HEADER, id);
      assertThat(answer.status()).as(id).isEqualTo(400);
      assertThat(answer.json().at("/error/param").asText()).isEqualTo(HEADER);
    }
    assertThat(api.chat(key, ask("demo", "x"), HEADER, "x".repeat(128)).status()).isEqualTo(200);
  }

  @Test
  @DisplayName(
      "AGW-6 one turn at a time across replicas: the others get 409, none is lost or mixed")
  void oneTurn() {
    RawKey key = api.userKey(api.tenant());
    try (TestApi replica = api.replica(Map.of())) {
      List<CompletableFuture<Answer>> turns =
          IntStream.range(0, 20)
              .mapToObj(i ->
                  CompletableFuture.supplyAsync(
                      () ->
                          (i % 2 == 0 ? api : replica)
                              .chat(
                                  key,
                                  ask("demo", "turn" + i + "\n```bash\nsleep 0.1\n```"),
                                  HEADER,
                                  "busy"),
                      pool()))
              .toList();
      List<Answer> answers = turns.stream().map(CompletableFuture::join).toList();
      long done = answers.stream().filter(it -> it.status() == 200).count();
      assertThat(done).isPositive();
      assertThat(answers)
          .allSatisfy(it -> {
            assertThat(it.status()).as(it.text()).isIn(200, 409);
            if (it.status() == 409) {
              assertThat(it.errorCode()).isEqualTo("session_busy");
              assertThat(it.header("Retry-After")).isEqualTo("1");
            }
          });
      api.chat(key, ask("fake-echo", "end"), HEADER, "busy");
      assertThat(sent()).hasSize((int) done * 4 + 1);
    }
  }

  @Test
  @DisplayName("AGW-6 a turn whose process died is passed over once it has expired")
  void expiredTurn() throws SQLException {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    api.chat(key, ask("demo", "x"), HEADER, "s");
    sql("update hermes.sessions set turn_owner = 'dead', turn_started_at = now()", tenant);
    assertThat(api.chat(key, ask("demo", "x"), HEADER, "s").status()).isEqualTo(409);
    sql("update hermes.sessions set turn_started_at = now() - interval '10 min'", tenant);
    assertThat(api.chat(key, ask("demo", "x"), HEADER, "s").status()).isEqualTo(200);
  }

  @Test
  @DisplayName("AGW-7 a failed turn keeps the user's message and gives the session back")
  void failedTurn() {
    RawKey key = api.userKey(api.tenant());
    assertThat(api.chat(key, ask("fake-500", "lost?"), HEADER, "s").status()).isEqualTo(502);
    assertThat(api.chat(key, ask("fake-echo", "next"), HEADER, "s").status()).isEqualTo(200);
    assertThat(sent()).containsExactly("lost?", "next");
  }

  @Test
  @DisplayName("what jsonb cannot hold is kept as U+FFFD, and the turn does not fail")
  void unstorable() {
    RawKey key = api.userKey(api.tenant());
    Answer nul = api.chat(key, ask("demo", "```python\nprint('a\\0b')\n```"), HEADER, "s");
    assertThat(nul.status()).as(nul.text()).isEqualTo(200);
    assertThat(api.chat(key, ask("fake-nul", "x\\u0000"), HEADER, "s").status()).isEqualTo(200);
    assertThat(api.chat(key, ask("fake-echo", "next"), HEADER, "s").status()).isEqualTo(200);
    assertThat(sent()).anyMatch(it -> it.contains("a\uFFFDb"));
  }

  private static java.util.concurrent.Executor pool() {
    return task -> Thread.ofVirtual().start(task);
  }

  private static List<String> sent() {
    JsonNode messages = api.upstream().lastRequest().path("messages");
    return messages.findParents("role").stream()
        .map(it -> it.path("content").asText(""))
        .map(it -> it.equals("null") ? "" : it)
        .toList();
  }

  private static void sql(String statement, TestTenant tenant) throws SQLException {
    try (var connection = api.database().superuser()) {
      connection.createStatement().execute(statement + " where tenant_id = '" + tenant.id() + "'");
    }
  }
}
