package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A strict fake of Anthropic's Messages API. Asked with tools it calls python until it has a
 * result; else it echoes.
 */
public final class FakeAnthropic extends FakeModelServer {
  private static final List<String> MEMBERS =
      List.of(
          "model",
          "max_tokens",
          "messages",
          "system",
          "tools",
          "tool_choice",
          "temperature",
          "top_p",
          "stop_sequences",
          "output_config",
          "stream");

  public FakeAnthropic() {
    super("/v1/messages");
  }

  /** An entry of the providers file. */
  public String yaml(String name, String models, String more) {
    return """
      - name: %s
        dialect: anthropic
        baseUrl: http://127.0.0.1:%d/v1
        apiKeyFile: %s
        models: %s
        timeoutSeconds: 5
        %s
    """
        .formatted(name, port(), keyFile(), models, more);
  }

  @Override
  String error(String message) {
    return JSON.createObjectNode()
        .put("type", "error")
        .<ObjectNode>set(
            "error",
            JSON.createObjectNode().put("type", "invalid_request_error").put("message", message))
        .toString();
  }

  @Override
  void check(HttpExchange exchange, JsonNode body) throws Refused {
    require(KEY.equals(exchange.getRequestHeaders().getFirst("x-api-key")), "x-api-key: wrong");
    require(
        "2023-06-01".equals(exchange.getRequestHeaders().getFirst("anthropic-version")),
        "anthropic-version: header is required");
    only(body, MEMBERS, "body");
    require(body.path("model").isTextual(), "model: Field required");
    require(body.path("max_tokens").asInt() > 0, "max_tokens: Field required");
    require(body.path("temperature").asDouble(0) <= 1, "temperature: should be less or equal to 1");
    require(!body.path("messages").isEmpty(), "messages: at least one message is required");
    for (JsonNode tool : body.path("tools")) {
      only(tool, List.of("name", "description", "input_schema", "strict"), "tools");
      require(tool.at("/input_schema/type").asText().equals("object"), "tools.input_schema.type");
    }
    require(!body.has("tool_choice") || body.has("tools"), "tool_choice: needs tools");
    messages(body.path("messages"));
  }

  private static void messages(JsonNode messages) throws Refused {
    String before = "assistant";
    Set<String> open = new HashSet<>();
    for (JsonNode message : messages) {
      only(message, List.of("role", "content"), "messages");
      String role = message.path("role").asText();
      require(!role.equals(before), "messages: roles must alternate");
      before = role;
      require(!message.path("content").isEmpty(), "messages: content is empty");
      for (JsonNode block : message.path("content")) {
        if (block.path("type").asText().equals("tool_result")) {
          require(
              open.remove(block.path("tool_use_id").asText()), "unexpected `tool_use_id` found");
        } else if (block.path("type").asText().equals("tool_use")) {
          require(block.path("input").isObject(), "tool_use.input: should be an object");
          require(block.path("id").asText().matches("[a-zA-Z0-9_-]+"), "tool_use.id: pattern");
          open.add(block.path("id").asText());
        } else if (block.path("type").asText().equals("text")) {
          require(!block.path("text").asText().isEmpty(), "text content blocks must be non-empty");
        }
      }
      require(
          role.equals("assistant") || open.isEmpty(),
          "`tool_use` ids were found without `tool_result` blocks immediately after");
    }
  }

  @Override
  void answer(HttpExchange exchange, JsonNode body) throws IOException {
    JsonNode last = body.path("messages").path(body.path("messages").size() - 1).path("content");
    JsonNode block = last.path(last.size() - 1);
    boolean result = block.path("type").asText().equals("tool_result");
    boolean calls = body.has("tools") && !result;
    String text =
        (result ? "result: " : "echo: ") + block.path(result ? "content" : "text").asText();
    if (body.path("stream").asBoolean()) {
      try (OutputStream out = stream(exchange)) {
        streamed(out, calls, text);
      }
    } else {
      whole(exchange, calls, text);
    }
  }

  private static void whole(HttpExchange exchange, boolean calls, String text) throws IOException {
    ObjectNode message = JSON.createObjectNode().put("id", "msg_1").put("type", "message");
    message.put("role", "assistant").put("stop_reason", calls ? "tool_use" : "end_turn");
    message.putNull("stop_sequence");
    var content = message.putArray("content");
    content.addObject().put("type", "thinking").put("thinking", "hm").put("signature", "s");
    if (calls) {
      content.addObject().put("type", "text").put("text", "I run it. ");
      content
          .addObject()
          .put("type", "tool_use")
          .put("id", "toolu_1")
          .put("name", "python")
          .putObject("input")
          .put("code", "print(6*7)");
    } else {
      content.addObject().put("type", "text").put("text", text);
    }
    message
        .putObject("usage")
        .put("input_tokens", 5)
        .put("cache_creation_input_tokens", 2)
        .put("cache_read_input_tokens", 4)
        .put("output_tokens", 7);
    send(exchange, 200, "application/json", message.toString());
  }

  private static void streamed(OutputStream out, boolean calls, String text) throws IOException {
    event(
        out,
        "message_start",
        "{\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],"
            + "\"stop_reason\":null,\"usage\":{\"input_tokens\":5,\"cache_creation_input_tokens\":2,"
            + "\"cache_read_input_tokens\":4,\"output_tokens\":1}}}");
    event(out, "ping", "{}");
    event(
        out,
        "content_block_start",
        "{\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}");
    event(
        out,
        "content_block_delta",
        "{\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}");
    event(out, "content_block_stop", "{\"index\":0}");
    if (calls) {
      event(
          out,
          "content_block_start",
          "{\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":"
              + "\"python\",\"input\":{}}}");
      for (String part : List.of("", "{\"code\":\"pri", "nt(6*7)\"}")) {
        event(
            out,
            "content_block_delta",
            "{\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"
                + JSON.writeValueAsString(part)
                + "}}");
      }
    } else {
      event(
          out,
          "content_block_start",
          "{\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
      for (String word : text.split("(?<= )")) {
        event(
            out,
            "content_block_delta",
            "{\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":"
                + JSON.writeValueAsString(word)
                + "}}");
      }
    }
    event(out, "content_block_stop", "{\"index\":1}");
    event(
        out,
        "message_delta",
        "{\"delta\":{\"stop_reason\":\""
            + (calls ? "tool_use" : "end_turn")
            + "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":7}}");
    event(out, "message_stop", "{}");
  }

  private static void event(OutputStream out, String type, String data) throws IOException {
    String members = data.substring(1);
    out.write(
        ("event: "
                + type
                + "\ndata: {\"type\":\""
                + type
                + "\""
                + (members.equals("}") ? "" : ",")
                + members
                + "\n\n")
            .getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
