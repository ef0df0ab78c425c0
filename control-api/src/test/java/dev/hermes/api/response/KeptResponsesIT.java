package dev.hermes.api.response;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.key.RawKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that are found again, and followed. */
class KeptResponsesIT {
  private static TestApi api;
  private TestTenant tenant;
  private RawKey key;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
  }

  @BeforeEach
  void key() {
    tenant = api.tenant();
    key = api.userKey(tenant);
  }

  private Answer respond(String model, String input, String... members) {
    String more = members.length == 0 ? "" : "," + String.join(",", members);
    return api.post(
        "/v1/responses", key, "{\"model\":\"%s\",\"input\":%s%s}".formatted(model, input, more));
  }

  private static String after(Answer answer) {
    return "\"previous_response_id\":\"" + id(answer) + "\"";
  }

  private static String id(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().path("id").asText();
  }

  private static List<String> shown() {
    List<String> contents = new ArrayList<>();
    api.upstream()
        .lastRequest()
        .path("messages")
        .forEach(message -> contents.add(message.path("content").asText()));
    return contents;
  }

  @Test
  @DisplayName("AGW-1 a response follows another, which follows another; instructions do not")
  void follows() {
    Answer first = respond("fake-echo", "\"one\"", "\"instructions\":\"be short\"");
    Answer second = respond("fake-echo", "\"two\"", after(first));
    Answer third =
        respond(
            "fake-echo",
            "[{\"role\":\"developer\",\"content\":\"d\"},{\"role\":\"user\",\"content\":\"three\"}]",
            after(second),
            "\"instructions\":\"be kind\"");
    assertThat(shown())
        .containsExactly("be kind", "one", "echo: one", "two", "echo: two", "d", "three");
    assertThat(third.json().path("previous_response_id").asText()).isEqualTo(id(second));
    respond("fake-echo", "\"other\"", after(first));
    assertThat(shown()).as("a branch").containsExactly("one", "echo: one", "other");
    respond("fake-echo", "\"four\"", after(third));
    assertThat(shown()).as("what a developer said stays").contains("d", "three").hasSize(8);
  }

  @Test
  @DisplayName("AGW-1 a client's function is answered by its result alone; ours stay in between")
  void tools() {
    String tools = "\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":{}}]";
    Answer asked = respond("fake-client-tool", "\"weather?\"", tools);
    String call = asked.json().at("/output/0/call_id").asText();
    String result =
        "[{\"type\":\"function_call_output\",\"call_id\":\"%s\",\"output\":\"sun\"}]"
            .formatted(call);
    Answer answered = respond("fake-client-tool", result, tools, after(asked));
    assertThat(answered.json().at("/output/0/content/0/text").asText())
        .isEqualTo("client said: sun");
    assertThat(respond("fake-client-tool", "\"no result\"", tools, after(asked)).status())
        .as("a call wants its result")
        .isEqualTo(400);

    Answer ours = respond("fake-python", "\"go\"");
    respond("fake-echo", "\"and?\"", after(ours));
    assertThat(shown()).containsExactly("go", "", "42\n", "result: 42\n", "and?");
  }

  @Test
  @DisplayName("AGW-1 what was answered is found again by its id, streamed or not, and its input")
  void found() {
    Answer whole = respond("fake-echo", "\"hello\"", "\"metadata\":{\"a\":\"b\"}");
    assertThat(api.get("/v1/responses/" + id(whole), key).json()).isEqualTo(whole.json());
    Answer streamed = respond("fake-echo", "\"one two\"", "\"stream\":true");
    JsonNode last = streamed.chunks().getLast().path("response");
    assertThat(api.get("/v1/responses/" + last.path("id").asText(), key).json()).isEqualTo(last);
    assertThat(last.path("store").asBoolean()).isTrue();

    JsonNode items = api.get("/v1/responses/" + id(whole) + "/input_items", key).json();
    assertThat(items.path("has_more").asBoolean(true)).isFalse();
    JsonNode item = items.at("/data/0");
    assertThat(item.path("id").asText()).startsWith("msg_");
    assertThat(item.path("role").asText()).isEqualTo("user");
    assertThat(item.at("/content/0/type").asText()).isEqualTo("input_text");
    assertThat(item.at("/content/0/text").asText()).isEqualTo("hello");
    assertThat(api.get("/v1/responses/" + id(whole) + "?stream=true", key).status()).isEqualTo(400);
  }

  @Test
  @DisplayName("its input comes page by page, the newest first unless asked otherwise")
  void pages() {
    List<String> messages = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      messages.add("{\"role\":\"user\",\"content\":\"m" + i + "\"}");
    }
    Answer answer = respond("fake-echo", "[" + String.join(",", messages) + "]");
    String path = "/v1/responses/" + id(answer) + "/input_items?limit=2";
    List<String> read = new ArrayList<>();
    String cursor = "";
    for (boolean more = true; more; ) {
      JsonNode page = api.get(path + cursor, key).json();
      page.path("data").forEach(item -> read.add(item.at("/content/0/text").asText()));
      cursor = "&after=" + page.path("last_id").asText();
      more = page.path("has_more").asBoolean();
    }
    assertThat(read).containsExactly("m4", "m3", "m2", "m1", "m0");
    assertThat(api.get(path + "&order=asc", key).json().at("/data/0/content/0/text").asText())
        .isEqualTo("m0");
    assertThat(api.get(path + "&order=up", key).status()).isEqualTo(400);
    assertThat(api.get(path + "&after=msg_x", key).status()).isEqualTo(400);
  }

  @Test
  @DisplayName("AGW-1 store false is not kept: neither found nor followed, and nothing is written")
  void notStored() {
    Answer answer = respond("fake-echo", "\"secret\"", "\"store\":false");
    assertThat(answer.json().path("store").asBoolean(true)).isFalse();
    assertThat(api.get("/v1/responses/" + id(answer), key).status()).isEqualTo(404);
    Answer follower = respond("fake-echo", "\"x\"", after(answer));
    assertThat(follower.status()).isEqualTo(400);
    assertThat(follower.json().at("/error/code").asText()).isEqualTo("previous_response_not_found");
    assertThat(follower.json().at("/error/param").asText()).isEqualTo("previous_response_id");
    assertThat(
            api.column(
                "select count(*)::text from hermes.responses where tenant_id = '%s'"
                    .formatted(tenant.id())))
        .containsExactly("0");
    id(respond("fake-echo", "\"control\""));
    assertThat(
            api.column(
                "select count(*)::text from hermes.responses where tenant_id = '%s'"
                    .formatted(tenant.id())))
        .as("the query would see one")
        .containsExactly("1");
  }

  @Test
  @DisplayName("a deleted response is gone, and one that followed it is no more followed")
  void deleted() {
    Answer first = respond("fake-echo", "\"one\"");
    Answer second = respond("fake-echo", "\"two\"", after(first));
    JsonNode gone = api.send("DELETE", "/v1/responses/" + id(first), key, null, it -> {}).json();
    assertThat(gone.path("deleted").asBoolean()).isTrue();
    assertThat(api.get("/v1/responses/" + id(first), key).status()).isEqualTo(404);
    assertThat(api.send("DELETE", "/v1/responses/" + id(first), key, null, it -> {}).status())
        .isEqualTo(404);
    assertThat(api.get("/v1/responses/" + id(second), key).status()).isEqualTo(200);
    assertThat(respond("fake-echo", "\"x\"", after(second)).json().at("/error/message").asText())
        .contains("was deleted");
    assertThat(
            api.column(
                "select action from hermes.audit_log where tenant_id = '%s' and action like 'resp%%'"
                    .formatted(tenant.id())))
        .containsExactly("response.delete");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("GDP-2 AGW-15 with a deleted response goes what was kept to repeat its answer")
  void deletedReplay(boolean stream) {
    String[] ids = new String[2];
    for (int i = 0; i < 2; i++) {
      Answer answer = repeat("key-" + i, stream);
      assertThat(answer.header("Idempotent-Replayed")).isEmpty();
      ids[i] = answer.text().replaceAll("(?s).*?\"id\":\"(resp_[^\"]+).*", "$1");
    }
    assertThat(repeat("key-0", stream).header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(kept()).hasSize(2);

    api.send("DELETE", "/v1/responses/" + ids[0], api.userKey(tenant), null, it -> {});
    assertThat(kept()).as("a colleague deletes nothing of it").hasSize(2);
    assertThat(api.send("DELETE", "/v1/responses/" + ids[0], key, null, it -> {}).status())
        .isEqualTo(200);
    assertThat(kept()).hasSize(1).first().asString().contains(ids[1]).doesNotContain(ids[0]);
    Answer gone = repeat("key-0", stream);
    assertThat(gone.status()).as("nor is it done again").isEqualTo(409);
    assertThat(gone.errorCode()).isEqualTo("idempotency_answer_not_kept");
    Answer other = repeat("key-1", stream);
    assertThat(other.header("Idempotent-Replayed")).as("control").isEqualTo("true");
    assertThat(other.text()).contains(ids[1]);
  }

  private Answer repeat(String idempotencyKey, boolean stream) {
    return api.send(
        "POST",
        "/v1/responses",
        key,
        "{\"model\":\"fake-echo\",\"input\":\"secret\",\"stream\":" + stream + "}",
        request -> request.header("Idempotency-Key", idempotencyKey));
  }

  private List<String> kept() {
    return api.column(
        "select encode(body, 'escape') from hermes.idempotency_keys where body is not null"
            + " and tenant_id = '"
            + tenant.id()
            + "'");
  }

  @Test
  @DisplayName("TEN-12 another user and another tenant find nothing and follow nothing")
  void others() {
    Answer mine = respond("fake-echo", "\"mine\"");
    RawKey own = key;
    for (RawKey other : List.of(api.userKey(tenant), api.userKey(api.tenant()))) {
      assertThat(api.get("/v1/responses/" + id(mine), other).status()).isEqualTo(404);
      assertThat(api.get("/v1/responses/" + id(mine) + "/input_items", other).status())
          .isEqualTo(404);
      assertThat(api.send("DELETE", "/v1/responses/" + id(mine), other, null, it -> {}).status())
          .isEqualTo(404);
      key = other;
      assertThat(respond("fake-echo", "\"x\"", after(mine)).status()).isEqualTo(400);
    }
    assertThat(api.get("/v1/responses/" + id(mine), own).status()).isEqualTo(200);
  }

  @Test
  @DisplayName("a conversation and a previous response at once say two things")
  void both() {
    Answer answer = respond("fake-echo", "\"x\"", "\"conversation\":\"c\"");
    Answer both = respond("fake-echo", "\"x\"", "\"conversation\":\"c\"", after(answer));
    assertThat(both.status()).isEqualTo(400);
    assertThat(both.text()).contains("not both");
  }
}
