package dev.hermes.api.model.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's requests in the words of others. */
class RequestsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String CONVERSATION =
      """
      [{"role":"system","content":"one"},
       {"role":"user","content":[{"type":"text","text":"look"},
         {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]},
       {"role":"assistant","content":null,"tool_calls":[
         {"id":"a.1","type":"function","function":{"name":"f","arguments":"{\\"x\\":1}"}},
         {"id":"b","type":"function","function":{"name":"g","arguments":"broken"}}]},
       {"role":"tool","tool_call_id":"a.1","content":"{\\"y\\":2}"},
       {"role":"tool","tool_call_id":"b","content":"plain"},
       {"role":"user","content":"and?"},
       {"role":"developer","content":"two"}]
      """;

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static ModelRequest request(String messages, String tools, String more) {
    List<ObjectNode> read = new ArrayList<>();
    json(messages).forEach(message -> read.add((ObjectNode) message));
    List<JsonNode> offered = new ArrayList<>();
    json(tools).forEach(offered::add);
    ObjectNode parameters = (ObjectNode) json(more);
    return new ModelRequest(
        "m",
        read,
        offered,
        Optional.ofNullable(parameters.remove("tool_choice")),
        parameters,
        false);
  }

  private static JsonNode anthropic(String messages, String tools, String more)
      throws Inexpressible {
    return new AnthropicDialect(8192).body(request(messages, tools, more), "claude");
  }

  private static JsonNode gemini(String messages, String tools, String more) throws Inexpressible {
    return new GeminiDialect().body(request(messages, tools, more), "gemini-3-pro");
  }

  private static final String TOOLS =
      """
      [{"type":"function","function":{"name":"f","description":"d","strict":true,
        "parameters":{"type":"object","properties":{"x":{"type":"number"}}}}},
       {"type":"function","function":{"name":"g"}}]
      """;

  @Test
  @DisplayName("AGW-13 a conversation with an image and two calls, as Anthropic wants it")
  void anthropicConversation() throws Inexpressible {
    assertThat(anthropic(CONVERSATION, "[]", "{}"))
        .isEqualTo(
            json(
                """
                {"model":"claude","max_tokens":8192,"stream":false,"system":"one\\n\\ntwo","messages":[
                 {"role":"user","content":[{"type":"text","text":"look"},
                   {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}}]},
                 {"role":"assistant","content":[
                   {"type":"tool_use","id":"a_1","name":"f","input":{"x":1}},
                   {"type":"tool_use","id":"b","name":"g","input":{"arguments":"broken"}}]},
                 {"role":"user","content":[
                   {"type":"tool_result","tool_use_id":"a_1","content":"{\\"y\\":2}"},
                   {"type":"tool_result","tool_use_id":"b","content":"plain"},
                   {"type":"text","text":"and?"}]}]}
                """));
  }

  @Test
  @DisplayName(
      "AGW-13 the same as Gemini wants it: results name functions, the first call is signed")
  void geminiConversation() throws Inexpressible {
    assertThat(gemini(CONVERSATION, "[]", "{}"))
        .isEqualTo(
            json(
                """
                {"systemInstruction":{"parts":[{"text":"one\\n\\ntwo"}]},"contents":[
                 {"role":"user","parts":[{"text":"look"},
                   {"inlineData":{"mimeType":"image/png","data":"iVBO"}}]},
                 {"role":"model","parts":[
                   {"functionCall":{"name":"f","args":{"x":1}},
                    "thoughtSignature":"skip_thought_signature_validator"},
                   {"functionCall":{"name":"g","args":{"arguments":"broken"}}}]},
                 {"role":"user","parts":[
                   {"functionResponse":{"name":"f","response":{"y":2}}},
                   {"functionResponse":{"name":"g","response":{"result":"plain"}}},
                   {"text":"and?"}]}]}
                """));
    assertThat(
            new GeminiDialect()
                .body(request(CONVERSATION, "[]", "{}"), "gemini-2.5-flash")
                .at("/contents/1/parts/0")
                .has("thoughtSignature"))
        .as("older models have none")
        .isFalse();
  }

  @Test
  @DisplayName("AGW-13 parameters as Anthropic has them; what it does not have is left out")
  void anthropicParameters() throws Inexpressible {
    JsonNode body =
        anthropic(
            "[{\"role\":\"user\",\"content\":\"x\"}]",
            "[]",
            """
            {"temperature":1.7,"top_p":0.5,"stop":"END","max_tokens":5,"max_completion_tokens":9,
             "seed":1,"presence_penalty":1,"frequency_penalty":1,"logit_bias":{"1":2},
             "reasoning_effort":"high","response_format":{"type":"json_schema",
               "json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}}}
            """);
    assertThat(body)
        .isEqualTo(
            json(
                """
                {"model":"claude","max_tokens":9,"stream":false,"temperature":1.0,"top_p":0.5,
                 "stop_sequences":["END"],
                 "messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],
                 "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}},
                   "effort":"high"}}
                """));
  }

  @Test
  @DisplayName("AGW-13 parameters as Gemini has them")
  void geminiParameters() throws Inexpressible {
    JsonNode config =
        gemini(
                "[{\"role\":\"user\",\"content\":\"x\"}]",
                "[]",
                """
                {"temperature":1.7,"top_p":0.5,"stop":["A","B"],"max_tokens":5,"seed":1,
                 "presence_penalty":1,"frequency_penalty":-1,"logit_bias":{"1":2},
                 "response_format":{"type":"json_schema",
                   "json_schema":{"name":"n","schema":{"type":"object"}}}}
                """)
            .path("generationConfig");
    assertThat(config)
        .isEqualTo(
            json(
                """
                {"temperature":1.7,"topP":0.5,"stopSequences":["A","B"],"maxOutputTokens":5,
                 "seed":1,"presencePenalty":1,"frequencyPenalty":-1,
                 "responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}
                """));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "`\"auto\"` | `{\"type\":\"auto\"}` | `{\"mode\":\"AUTO\"}`",
        "`\"none\"` | `{\"type\":\"none\"}` | `{\"mode\":\"NONE\"}`",
        "`\"required\"` | `{\"type\":\"any\"}` | `{\"mode\":\"ANY\"}`",
        "`{\"type\":\"function\",\"function\":{\"name\":\"g\"}}` |"
            + " `{\"type\":\"tool\",\"name\":\"g\"}` |"
            + " `{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"g\"]}`"
      })
  @DisplayName("AGW-13 tools and the choice among them")
  void tools(String choice, String anthropic, String gemini) throws Inexpressible {
    String messages = "[{\"role\":\"user\",\"content\":\"x\"}]";
    String more = "{\"tool_choice\":" + choice + "}";
    JsonNode theirs = anthropic(messages, TOOLS, more);
    assertThat(theirs.path("tool_choice")).isEqualTo(json(anthropic));
    assertThat(theirs.path("tools"))
        .isEqualTo(
            json(
                """
                [{"name":"f","description":"d","strict":true,
                  "input_schema":{"type":"object","properties":{"x":{"type":"number"}}}},
                 {"name":"g","input_schema":{"type":"object","properties":{}}}]
                """));
    JsonNode google = gemini(messages, TOOLS, more);
    assertThat(google.at("/toolConfig/functionCallingConfig")).isEqualTo(json(gemini));
    assertThat(google.path("tools"))
        .isEqualTo(
            json(
                """
                [{"functionDeclarations":[{"name":"f","description":"d",
                  "parametersJsonSchema":{"type":"object","properties":{"x":{"type":"number"}}}},
                 {"name":"g"}]}]
                """));
  }

  @Test
  @DisplayName("AGW-13 one call at a time, where that can be said")
  void notParallel() throws Inexpressible {
    String messages = "[{\"role\":\"user\",\"content\":\"x\"}]";
    assertThat(
            anthropic(messages, TOOLS, "{\"parallel_tool_calls\":false}")
                .at("/tool_choice/disable_parallel_tool_use")
                .asBoolean())
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"video_url\"}",
        "{\"type\":\"input_audio\",\"input_audio\":{\"format\":\"wav\",\"data\":\"UklG\"}}",
        "{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}"
      })
  @DisplayName("AGW-13 content that Anthropic does not take is named, with its place")
  void anthropicRefuses(String part) {
    String messages =
        "[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"user\",\"content\":[" + part + "]}]";
    assertThatThrownBy(() -> anthropic(messages, "[]", "{}"))
        .isInstanceOfSatisfying(
            Inexpressible.class,
            refused -> assertThat(refused.param()).isEqualTo("messages[1].content"));
  }

  @Test
  @DisplayName(
      "AGW-13 images by address: Anthropic fetches them, Gemini is not asked to; none here")
  void remoteImage() throws Inexpressible {
    String messages =
        "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
            + "\"https://example.com/a.png\"}}]}]";
    assertThat(anthropic(messages, "[]", "{}").at("/messages/0/content/0/source/url").asText())
        .isEqualTo("https://example.com/a.png");
    assertThatThrownBy(() -> gemini(messages, "[]", "{}")).hasMessageContaining("data: URL");
  }

  @Test
  @DisplayName("AGW-13 tools of OpenAI's own are not offered elsewhere")
  void foreignTools() {
    assertThatThrownBy(() ->
            gemini("[{\"role\":\"user\",\"content\":\"x\"}]", "[{\"type\":\"web_search\"}]", "{}"))
        .hasMessageContaining("web_search");
  }
}
