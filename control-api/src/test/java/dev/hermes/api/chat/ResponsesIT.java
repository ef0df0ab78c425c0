package dev.hermes.api.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.database.key.RawKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenAI's responses, on the wire. */
class ResponsesIT {
  private static TestApi api;
  private RawKey key;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
  }

  @BeforeEach
  void key() {
    key = api.userKey(api.tenant());
  }

  private Answer respond(String body) {
    return api.post("/v1/responses", key, body);
  }

  @Test
  @DisplayName("AGW-1 AGW-8 platform tools run in the tenant's sandbox, and usage is written")
  void tools() {
    Answer answer = respond("{\"model\":\"fake-python\",\"input\":\"go\"}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode response = answer.json();
    assertThat(response.at("/output/0/content/0/text").asText()).isEqualTo("result: 42\n");
    assertThat(response.path("output")).as("the platform's own calls are not told").hasSize(1);
    assertThat(response.at("/usage/total_tokens").asInt()).isEqualTo(36);
    assertThat(api.get("/v1/usage", key).json().at("/data/0/total_tokens").asInt()).isEqualTo(36);
    assertThat(api.get("/v1/execution-receipts", key).json().path("data")).hasSize(1);
  }

  @Test
  @DisplayName("AGW-1 every member of a response is there, null where it was not sent")
  void members() {
    JsonNode response = respond("{\"model\":\"fake-echo\",\"input\":\"x\"}").json();
    for (String member :
        List.of(
            "id",
            "object",
            "created_at",
            "status",
            "background",
            "error",
            "incomplete_details",
            "instructions",
            "max_output_tokens",
            "metadata",
            "model",
            "output",
            "parallel_tool_calls",
            "previous_response_id",
            "reasoning",
            "store",
            "temperature",
            "text",
            "tool_choice",
            "tools",
            "top_p",
            "truncation",
            "usage")) {
      assertThat(response.has(member)).as(member).isTrue();
    }
    assertThat(response.path("id").asText()).startsWith("resp_");
    assertThat(response.at("/reasoning/effort").isNull()).isTrue();
    assertThat(response.at("/text/format/type").asText()).isEqualTo("text");
  }

  @Test
  @DisplayName("AGW-3 events in OpenAI's order, numbered without a gap, each with its name twice")
  void events() {
    Answer answer = respond("{\"model\":\"fake-echo\",\"stream\":true,\"input\":\"one two\"}");
    List<String> kinds = new ArrayList<>();
    answer.chunks().forEach(event -> kinds.add(event.path("type").asText()));
    assertThat(kinds)
        .containsExactly(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed");
    for (int i = 0; i < kinds.size(); i++) {
      assertThat(answer.chunks().get(i).path("sequence_number").asInt()).isEqualTo(i);
      assertThat(answer.text())
          .contains("event: " + kinds.get(i) + "\ndata: {\"type\":\"" + kinds.get(i) + "\"");
    }
    assertThat(answer.text()).doesNotContain("[DONE]");
    JsonNode last = answer.chunks().getLast().path("response");
    assertThat(last.at("/output/0/content/0/text").asText()).isEqualTo("echo: one two");
    assertThat(last.at("/output/0/id")).isEqualTo(answer.chunks().get(4).path("item_id"));
  }

  @Test
  @DisplayName("AGW-2 what was asked for reaches the model in a chat's words")
  void translated() {
    Answer answer =
        respond(
            """
            {"model":"fake-echo","instructions":"be short","temperature":0.5,"top_p":0.9,
             "max_output_tokens":99,"reasoning":{"effort":"low"},
             "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","strict":true,
               "schema":{"type":"object"}}},
             "parallel_tool_calls":false,"tool_choice":{"type":"function","name":"f"},
             "tools":[{"type":"function","name":"f","description":null,"strict":true,
               "parameters":{"type":"object"}}],
             "input":[
               {"role":"user","content":[{"type":"input_text","text":"look"},
                 {"type":"input_image","image_url":"data:image/png;base64,iVBO","detail":"low"}]},
               {"type":"message","role":"assistant","content":[
                 {"type":"output_text","text":"hm","annotations":[]}]},
               {"type":"reasoning","id":"rs_1","summary":[]},
               {"type":"function_call","id":"fc_1","call_id":"a","name":"f","arguments":"{}"},
               {"type":"function_call","id":"fc_2","call_id":"b","name":"f","arguments":"{}"},
               {"type":"function_call_output","call_id":"a","output":"1"},
               {"type":"function_call_output","call_id":"b",
                "output":[{"type":"input_text","text":"2"}]},
               {"role":"user","content":"and?"}]}
            """);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode sent = api.upstream().lastRequest();
    assertThat(sent.path("messages"))
        .hasSize(6)
        .extracting(message -> message.path("role").asText())
        .containsExactly("system", "user", "assistant", "tool", "tool", "user");
    assertThat(sent.at("/messages/1/content/1/image_url/detail").asText()).isEqualTo("low");
    assertThat(sent.at("/messages/2/content/0/text").asText()).isEqualTo("hm");
    assertThat(sent.at("/messages/2/tool_calls")).hasSize(2);
    assertThat(sent.path("max_completion_tokens").asInt()).isEqualTo(99);
    assertThat(sent.path("reasoning_effort").asText()).isEqualTo("low");
    assertThat(sent.path("verbosity").asText()).isEqualTo("low");
    assertThat(sent.at("/response_format/json_schema/name").asText()).isEqualTo("n");
    assertThat(sent.at("/tool_choice/function/name").asText()).isEqualTo("f");
    assertThat(sent.at("/tools/0/function/strict").asBoolean()).isTrue();
    assertThat(sent.path("parallel_tool_calls").asBoolean(true)).isFalse();
  }

  @Test
  @DisplayName("AGW-5 a conversation is a session: what was said is known, and another's is not")
  void conversation() {
    String body = "{\"model\":\"fake-echo\",\"conversation\":{\"id\":\"conv_1\"},\"input\":\"%s\"}";
    assertThat(respond(body.formatted("one")).json().at("/conversation/id").asText())
        .isEqualTo("conv_1");
    respond(body.formatted("two"));
    assertThat(api.upstream().lastRequest().path("messages")).hasSize(3);
    key = api.userKey(api.tenant());
    respond(body.formatted("three"));
    assertThat(api.upstream().lastRequest().path("messages")).hasSize(1);
    api.send(
        "POST",
        "/v1/responses",
        key,
        "{\"model\":\"fake-echo\",\"input\":\"four\"}",
        request -> request.header("X-Hermes-Session-Id", "conv_1"));
    assertThat(api.upstream().lastRequest().path("messages")).as("either name").hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`{\"model\":\"fake-echo\"}` | input",
        "`{\"model\":\"fake-echo\",\"input\":7}` | input",
        "`{\"model\":\"fake-echo\",\"input\":[]}` | input",
        "`{\"input\":\"x\",\"previous_response_id\":\"resp_1\"}` | previous_response_id",
        "`{\"input\":\"x\",\"background\":true}` | background",
        "`{\"input\":\"x\",\"prompt\":{\"id\":\"p\"}}` | prompt",
        "`{\"input\":\"x\",\"tools\":[{\"type\":\"web_search\"}]}` | tools[0]",
        "`{\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]}` | input[0]",
        "`{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"file_id\":\"f\"}]}]}`"
            + " | input[0].content",
        "`{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"1\"}]}` | input",
        "`{\"input\":\"x\",\"conversation\":\"a b\"}` | conversation",
        "`{\"input\":\"x\",\"max_output_tokens\":0}` | max_output_tokens"
      })
  @DisplayName(
      "AGW-2 what is not done here is refused, with its member; nothing is passed over in silence")
  void refused(String body, String param) {
    Answer answer = respond(body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo(param);
  }

  @Test
  @DisplayName("AGW-7 a response that breaks off: failed, with what was said, and billed")
  void brokenOff() {
    Answer answer = respond("{\"model\":\"fake-cut\",\"stream\":true,\"input\":\"x\"}");
    JsonNode last = answer.chunks().getLast();
    assertThat(last.path("type").asText()).isEqualTo("response.failed");
    assertThat(last.at("/response/error/code").asText()).isEqualTo("upstream_error");
    assertThat(last.at("/response/output/0/content/0/text").asText()).isEqualTo("half of ");
    assertThat(last.at("/response/output/0/status").asText()).isEqualTo("incomplete");
    assertThat(api.get("/v1/usage", key).json().at("/data/0/requests").asInt()).isEqualTo(1);
    assertThat(respond("{\"model\":\"fake-cut\",\"input\":\"x\"}").status()).isEqualTo(502);
  }
}
