package dev.hermes.api.toolserver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.Cut;
import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Messages of JSON-RPC 2.0, as a client of MCP writes and reads them. */
final class RpcMessages {
  /** Bytes of an answer, whatever carries it. */
  static final int MOST_ANSWER = 1 << 20;

  private static final int METHOD_NOT_FOUND = -32601;
  private static final int MOST_WORDS = 1024;

  private RpcMessages() {}

  static ObjectNode request(long id, String method, ObjectNode params) {
    ObjectNode message = envelope().put("id", id).put("method", method);
    message.set("params", params);
    return message;
  }

  static ObjectNode notification(String method, ObjectNode params) {
    ObjectNode message = envelope().put("method", method);
    if (!params.isEmpty()) {
      message.set("params", params);
    }
    return message;
  }

  /** Whether the message is a request of the server to us. */
  static boolean asks(JsonNode message) {
    return message.has("id") && message.path("method").isTextual();
  }

  /** We are there, and can do nothing else for a server. */
  static ObjectNode answer(JsonNode asked) {
    ObjectNode message = envelope();
    message.set("id", asked.path("id"));
    if (asked.path("method").asText().equals("ping")) {
      message.putObject("result");
    } else {
      message.putObject("error").put("code", METHOD_NOT_FOUND).put("message", "not supported");
    }
    return message;
  }

  /** Whether the message answers this request. */
  static boolean answers(JsonNode message, long id) {
    return !message.has("method")
        && message.path("id").isIntegralNumber()
        && message.path("id").asLong() == id;
  }

  /** The result in an answer. */
  static ObjectNode result(JsonNode answer) throws ToolServerFailed {
    JsonNode error = answer.path("error");
    if (error.isObject()) {
      String words = error.path("message").asText("no message");
      throw new ToolServerFailed(
          Kind.ERROR, Cut.of(words, MOST_WORDS).text().replaceAll("\\p{Cntrl}", " "));
    }
    if (answer.path("result") instanceof ObjectNode result) {
      return result;
    }
    throw new ToolServerFailed(Kind.PROTOCOL, "its answer has neither a result nor an error");
  }

  /** As text, so that a byte that is no UTF-8 costs one character and not the answer. */
  static JsonNode parse(byte[] body, ObjectMapper json) throws ToolServerFailed {
    return parse(new String(body, StandardCharsets.UTF_8), json);
  }

  static JsonNode parse(String text, ObjectMapper json) throws ToolServerFailed {
    try {
      return json.readTree(text);
    } catch (JsonProcessingException e) {
      throw new ToolServerFailed(Kind.PROTOCOL, "its answer is not JSON");
    }
  }

  /** The messages in what came as one: the version of 2025-03-26 allows batches. */
  static Iterable<JsonNode> each(JsonNode message) {
    return message.isArray() ? message : List.of(message);
  }

  /** Of one above {@link #MOST_ANSWER}. */
  static ToolServerFailed tooLarge() {
    return new ToolServerFailed(Kind.PROTOCOL, "its answer is larger than 1 MiB");
  }

  private static ObjectNode envelope() {
    return JsonNodeFactory.instance.objectNode().put("jsonrpc", "2.0");
  }
}
