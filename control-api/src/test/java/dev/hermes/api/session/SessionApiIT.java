package dev.hermes.api.session;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sessions over REST. */
class SessionApiIT {
  private static TestApi api;
  private TestTenant tenant;
  private RawKey key;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
  }

  @BeforeEach
  void tenant() {
    tenant = api.tenant();
    key = api.userKey(tenant);
  }

  private Answer delete(String path, RawKey caller) {
    return api.send("DELETE", path, caller, null, request -> {});
  }

  private String create(String body) {
    Answer made = api.post("/v1/sessions", key, body);
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    return made.json().path("id").asText();
  }

  private void say(String session, String text) {
    assertThat(api.chat(key, ask("fake-echo", text), "X-Hermes-Session-Id", session).status())
        .isEqualTo(200);
  }

  @Test
  @DisplayName("AGW-5 made, talked in, shown, and deleted with what was said")
  void life() {
    String id = create("{\"title\":\"Plans\"}");
    assertThat(id).hasSize(36);
    say(id, "hello");
    JsonNode session = api.get("/v1/sessions/" + id, key).json();
    assertThat(session.path("title").asText()).isEqualTo("Plans");
    assertThat(session.path("model").asText()).isEqualTo("fake-echo");
    assertThat(session.path("message_count").asInt()).isEqualTo(2);
    assertThat(session.path("busy").asBoolean(true)).isFalse();

    JsonNode messages = api.get("/v1/sessions/" + id + "/messages", key).json().path("data");
    assertThat(messages.at("/0/message/role").asText()).as("newest first").isEqualTo("assistant");
    assertThat(messages.at("/1/message/content").asText()).isEqualTo("hello");
    assertThat(delete("/v1/sessions/" + id, key).status()).isEqualTo(204);
    assertThat(api.get("/v1/sessions/" + id, key).status()).isEqualTo(404);
    assertThat(
            api.column(
                "select seq::text from hermes.messages where tenant_id = '" + tenant.id() + "'"))
        .isEmpty();
    assertThat(delete("/v1/sessions/" + id, key).status()).isEqualTo(404);
    assertThat(
            api.column(
                "select object from hermes.audit_log where action = 'session.delete' and tenant_id = '"
                    + tenant.id()
                    + "'"))
        .containsExactly("session:" + id);
  }

  @Test
  @DisplayName("AGW-5 what is appended is read by the model; a second session of an id is refused")
  void append() {
    String id = create("{\"id\":\"mine\"}");
    assertThat(api.post("/v1/sessions", key, "{\"id\":\"mine\"}").status()).isEqualTo(409);
    String messages = "/v1/sessions/" + id + "/messages";
    Answer first = api.post(messages, key, "{\"role\":\"user\",\"content\":\"I am \\u0000Ann\"}");
    assertThat(first.status()).as(first.text()).isEqualTo(201);
    assertThat(first.json().path("seq").asInt()).isEqualTo(1);
    api.post(messages, key, "{\"role\":\"assistant\",\"content\":\"Hello Ann\"}");
    say(id, "who am I?");
    assertThat(api.upstream().lastRequest().path("messages"))
        .extracting(message -> message.path("content").asText())
        .containsExactly("I am \uFFFDAnn", "Hello Ann", "who am I?");
    assertThat(
            api.post("/v1/sessions/none/messages", key, "{\"role\":\"user\",\"content\":\"x\"}")
                .status())
        .isEqualTo(404);
  }

  @Test
  @DisplayName("AGW-5 long lists and long sessions are reached page by page, each entry once")
  void pages() {
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      made.add(create("{\"id\":\"s" + i + "\"}"));
    }
    List<String> seen = new ArrayList<>();
    String next = "";
    do {
      JsonNode page = api.get("/v1/sessions?limit=3" + next, key).json();
      page.path("data").forEach(session -> seen.add(session.path("id").asText()));
      next = page.path("has_more").asBoolean() ? "&after=" + page.path("next").asText() : "";
    } while (!next.isEmpty());
    assertThat(seen).containsExactlyElementsOf(made.reversed());

    for (int i = 0; i < 5; i++) {
      api.post("/v1/sessions/s0/messages", key, "{\"role\":\"user\",\"content\":\"" + i + "\"}");
    }
    List<String> said = new ArrayList<>();
    next = "";
    do {
      JsonNode page = api.get("/v1/sessions/s0/messages?limit=2" + next, key).json();
      page.path("data").forEach(it -> said.add(it.at("/message/content").asText()));
      next = page.path("has_more").asBoolean() ? "&after=" + page.path("next").asText() : "";
    } while (!next.isEmpty());
    assertThat(said).containsExactly("4", "3", "2", "1", "0");
    assertThat(api.get("/v1/sessions?limit=1", key).json().at("/data/0/id").asText())
        .as("used last")
        .isEqualTo("s0");
  }

  @Test
  @DisplayName(
      "TEN-12 TEN-9 another's session is not there, for colleague and stranger; admin and auditor see it")
  void others() {
    String id = create("{\"id\":\"secret\"}");
    say(id, "canary");
    RawKey colleague = api.userKey(tenant);
    RawKey stranger = api.userKey(api.tenant());
    for (RawKey other : List.of(colleague, stranger)) {
      Answer foreign = api.get("/v1/sessions/" + id, other);
      assertThat(foreign.status()).isEqualTo(404);
      assertThat(foreign.json().path("error"))
          .isEqualTo(api.get("/v1/sessions/nowhere", other).json().path("error"));
      assertThat(api.get("/v1/sessions/" + id + "/messages", other).status()).isEqualTo(404);
      assertThat(delete("/v1/sessions/" + id, other).status()).isEqualTo(404);
      assertThat(api.get("/v1/sessions", other).json().path("data")).isEmpty();
    }
    String owner = api.get("/v1/sessions/" + id, key).json().path("user").asText();
    String asked = "/v1/sessions/" + id + "?user=" + owner;
    assertThat(api.get(asked, colleague).status()).isEqualTo(403);
    RawKey auditor = api.operator().key(tenant, List.of(Role.AUDITOR), List.of(Scope.AUDIT));
    RawKey admin =
        api.operator().key(tenant, List.of(Role.ADMIN), List.of(Scope.READ, Scope.WRITE));
    for (RawKey seeing : List.of(auditor, admin)) {
      assertThat(api.get(asked, seeing).status()).isEqualTo(200);
      assertThat(api.get("/v1/sessions/" + id + "/messages?user=" + owner, seeing).text())
          .contains("canary");
      assertThat(api.get("/v1/sessions?user=" + owner, seeing).json().path("data")).hasSize(1);
    }
    assertThat(delete(asked, auditor).status()).isEqualTo(403);
    assertThat(
            api.get(
                    asked,
                    api.operator().key(api.tenant(), List.of(Role.ADMIN), List.of(Scope.READ)))
                .status())
        .as("another tenant's admin")
        .isEqualTo(404);
    assertThat(delete(asked, admin).status()).isEqualTo(204);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/sessions | `{\"id\":\"a b\"}` | id",
        "/v1/sessions | `{\"title\":\"two\\nlines\"}` | title",
        "/v1/sessions/x/messages | `{\"role\":\"tool\",\"content\":\"x\"}` | role",
        "/v1/sessions/x/messages | `{\"role\":\"user\"}` | content",
        "/v1/sessions?limit=0 | `` | limit",
        "/v1/sessions?after=zz | `` | after",
        "/v1/sessions/x/messages?after=zz | `` | after"
      })
  @DisplayName("AGW-5 what is wrong is said, with its member")
  void wrong(String path, String body, String param) {
    Answer answer = body.isEmpty() ? api.get(path, key) : api.post(path, key, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo(param);
  }
}
