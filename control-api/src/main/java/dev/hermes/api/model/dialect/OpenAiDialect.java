package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.ToolCall;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** OpenAI's chat completions, which many servers speak. */
public final class OpenAiDialect implements Dialect {
  @Override
  public String path(String model, boolean stream) {
    return "/chat/completions";
  }

  @Override
  public void authorize(Headers request, String key) {
    request.set("Authorization", "Bearer " + key);
  }

  @Override
  public ObjectNode body(ModelRequest request, String model) {
    ObjectNode body = request.parameters().deepCopy();
    body.put("model", model);
    ArrayNode messages = body.putArray("messages");
    request.messages().forEach(messages::add);
    if (!request.tools().isEmpty()) {
      ArrayNode tools = body.putArray("tools");
      request.tools().forEach(tools::add);
      request.toolChoice().ifPresent(choice -> body.set("tool_choice", choice));
    }
    body.put("stream", request.stream());
    if (request.stream()) {
      body.putObject("stream_options").put("include_usage", true);
    }
    return body;
  }

  @Override
  public boolean isEnd(String data) {
    return data.equals("[DONE]");
  }

  @Override
  public void event(JsonNode event, AnswerBuilder answer) {
    take(event, "delta", answer);
  }

  @Override
  public void whole(JsonNode body, AnswerBuilder answer) {
    take(body, "message", answer);
    answer.ended();
  }

  @Override
  public Refusal refusal(int status, JsonNode body) {
    JsonNode error = body.path("error");
    return new Refusal(
        status,
        error.path("code").asText("upstream_refused"),
        Optional.ofNullable(error.path("param").textValue()),
        error.path("message").asText("no reason given"),
        Optional.empty());
  }

  @Override
  public String embeddingPath(String model) {
    return "/embeddings";
  }

  @Override
  public ObjectNode embeddingBody(EmbeddingRequest request, String model) {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", model);
    body.set("input", request.input());
    body.put("encoding_format", request.base64() ? "base64" : "float");
    request.dimensions().ifPresent(dimensions -> body.put("dimensions", dimensions));
    return body;
  }

  /** Servers exist that give numbers whatever they are asked for. */
  @Override
  public Vectors vectors(JsonNode body, EmbeddingRequest request) throws IOException {
    Map<Integer, JsonNode> each = new TreeMap<>();
    for (JsonNode object : body.path("data")) {
      JsonNode vector = object.path("embedding");
      if (!vector.isTextual() && !vector.isArray()) {
        throw new IOException("no vector");
      }
      each.put(object.path("index").asInt(each.size()), Vectors.as(request.base64(), vector));
    }
    JsonNode tokens = body.path("usage").path("prompt_tokens");
    return new Vectors(
        List.copyOf(each.values()),
        tokens.isIntegralNumber() ? OptionalLong.of(tokens.longValue()) : OptionalLong.empty());
  }

  private static void take(JsonNode body, String member, AnswerBuilder answer) {
    JsonNode usage = body.path("usage");
    answer.usage(usage.path("prompt_tokens"), usage.path("completion_tokens"));
    JsonNode choice = body.path("choices").path(0);
    JsonNode message = choice.path(member);
    answer.text(message.path("content"));
    for (JsonNode call : message.path("tool_calls")) {
      part(call, answer);
    }
    if (choice.path("finish_reason").isTextual()) {
      answer.finish(choice.path("finish_reason").textValue());
    }
  }

  private static void part(JsonNode call, AnswerBuilder answer) {
    int index = call.path("index").asInt(answer.calls());
    JsonNode function = call.path("function");
    JsonNode arguments = function.path("arguments");
    answer.call(
        index,
        call.path("id").asText(""),
        function.path("name").asText(""),
        // servers exist that send them as an object
        arguments.isObject() ? arguments.toString() : arguments.asText(""));
    if (call.path(ToolCall.EXTRA).isObject()) {
      answer.extra(index, call.path(ToolCall.EXTRA));
    }
  }
}
