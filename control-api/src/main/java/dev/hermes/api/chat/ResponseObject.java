package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.response.KeptResponse;
import dev.hermes.api.session.SessionKey;
import dev.hermes.database.id.UuidV7;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Writes a response and the items of its output. */
record ResponseObject(String id, long created, String model, ResponsesRequest request)
    implements WholeAnswer.Form {
  private static final String KIND = "resp_";

  static ResponseObject of(
      Instant now, String model, ResponsesRequest request, Optional<SessionKey> session) {
    session.ifPresent(key -> request.echo().putObject("conversation").put("id", key.id().value()));
    return new ResponseObject(
        KIND + UuidV7.next().toString().replace("-", ""), now.getEpochSecond(), model, request);
  }

  /** What is kept of it, if it is to be. */
  @Override
  public Optional<KeptResponse> kept(ObjectNode whole, List<ObjectNode> said) {
    return request.store()
        ? Optional.of(new KeptResponse(id, request.previous(), request.input(), said, whole))
        : Optional.empty();
  }

  /** The id of an item of the output: the same whenever this response is written. */
  String item(String kind, int index) {
    return kind + id.substring(KIND.length()) + String.format(Locale.ROOT, "%02d", index);
  }

  /** The model is at work. */
  ObjectNode inProgress() {
    return object("in_progress", JsonNodeFactory.instance.arrayNode());
  }

  /** All of it, made at once. */
  @Override
  public ObjectNode whole(String text, List<ToolCall> calls, LoopEnd end, TokenUsage usage) {
    ArrayNode output = JsonNodeFactory.instance.arrayNode();
    if (!text.isEmpty()) {
      output.add(message(item("msg_", output.size()), status(end), text));
    }
    for (ToolCall call : calls) {
      output.add(call(item("fc_", output.size()), "completed", call, call.arguments()));
    }
    return ended(output, end, usage);
  }

  /** All of it. */
  ObjectNode ended(ArrayNode output, LoopEnd end, TokenUsage usage) {
    ObjectNode response = object(status(end), output);
    incomplete(end)
        .ifPresent(reason -> response.putObject("incomplete_details").put("reason", reason));
    end.extension().ifPresent(extension -> response.set("hermes", extension));
    ObjectNode counted = response.putObject("usage").put("input_tokens", usage.prompt());
    counted.putObject("input_tokens_details").put("cached_tokens", 0).put("cache_write_tokens", 0);
    counted.put("output_tokens", usage.completion());
    counted.putObject("output_tokens_details").put("reasoning_tokens", 0);
    counted.put("total_tokens", usage.total());
    return response;
  }

  /** It broke off. */
  ObjectNode failed(ArrayNode output, Failure failure) {
    ObjectNode response = object("failed", output);
    response
        .putObject("error")
        .put("code", failure.code() == null ? "server_error" : failure.code())
        .put("message", failure.message());
    return response;
  }

  /** The word for how it ended. */
  static String status(LoopEnd end) {
    return incomplete(end).isPresent() ? "incomplete" : "completed";
  }

  /** Empty when the model has said all it wanted. */
  private static Optional<String> incomplete(LoopEnd end) {
    return switch (end.finishReason()) {
      case "length" -> Optional.of("max_output_tokens");
      case "content_filter" -> Optional.of("content_filter");
      default -> Optional.empty();
    };
  }

  static ObjectNode message(String item, String status) {
    ObjectNode message =
        JsonNodeFactory.instance.objectNode().put("id", item).put("type", "message");
    message.put("status", status).put("role", "assistant").putArray("content");
    return message;
  }

  static ObjectNode message(String item, String status, String text) {
    ObjectNode message = message(item, status);
    message.withArray("/content").add(part(text));
    return message;
  }

  static ObjectNode part(String text) {
    ObjectNode part = JsonNodeFactory.instance.objectNode().put("type", "output_text");
    part.put("text", text).putArray("annotations");
    part.putArray("logprobs");
    return part;
  }

  static ObjectNode call(String item, String status, ToolCall call, String arguments) {
    ObjectNode object =
        JsonNodeFactory.instance.objectNode().put("id", item).put("type", "function_call");
    object.put("status", status).put("call_id", call.id()).put("name", call.name());
    object.put("arguments", arguments);
    call.extra().ifPresent(extra -> object.set(ToolCall.EXTRA, extra));
    return object;
  }

  private ObjectNode object(String status, ArrayNode output) {
    ObjectNode response = JsonNodeFactory.instance.objectNode().put("id", id);
    response.put("object", "response").put("created_at", created).put("status", status);
    response.put("background", false).putNull("error").putNull("incomplete_details");
    response.put("model", model).set("output", output);
    response.setAll(request.echo());
    return response.putNull("usage");
  }
}
