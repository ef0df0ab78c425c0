package dev.hermes.api.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;

/** Messages of JSON-RPC 2.0. */
final class Rpc {
  static final int METHOD_NOT_FOUND = -32601;
  static final int INVALID_PARAMS = -32602;

  private Rpc() {}

  /** A message that wants an answer. */
  record Request(JsonNode id, String method, JsonNode params) {}

  /** Whether the message is one that nobody answers: a notification, or an answer to us. */
  static boolean wantsNoAnswer(JsonNode message) {
    check(message);
    return !message.has("id") || !message.has("method");
  }

  static Request request(JsonNode message) {
    return new Request(message.path("id"), message.path("method").asText(), message.path("params"));
  }

  static ObjectNode result(Request request, ObjectNode result) {
    ObjectNode answer = envelope(request);
    answer.set("result", result);
    return answer;
  }

  static ObjectNode error(Request request, int code, String message) {
    ObjectNode answer = envelope(request);
    answer.putObject("error").put("code", code).put("message", message);
    return answer;
  }

  private static ObjectNode envelope(Request request) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("jsonrpc", "2.0");
    answer.set("id", request.id());
    return answer;
  }

  private static void check(JsonNode message) {
    boolean named = message.path("method").isTextual();
    boolean answer = message.has("result") || message.has("error");
    JsonNode id = message.path("id");
    boolean identified = id.isMissingNode() || id.isTextual() || id.isIntegralNumber();
    if (!message.isObject()
        || !message.path("jsonrpc").asText().equals("2.0")
        || !identified
        || !named && !answer) {
      throw new ApiException(
          Failure.malformed(
              "The body is one JSON-RPC 2.0 message: {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": …}."));
    }
  }
}
