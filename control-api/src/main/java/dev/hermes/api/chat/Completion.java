package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.database.id.UuidV7;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Writes the objects of one completion, which all carry the same id, time and model. */
record Completion(String id, long created, String model) implements WholeAnswer.Form {

  static Completion of(Instant now, String model) {
    return new Completion(
        "chatcmpl-" + UuidV7.next().toString().replace("-", ""), now.getEpochSecond(), model);
  }

  ObjectNode chunk(ObjectNode delta, Optional<LoopEnd> end, boolean usageComesLast) {
    ObjectNode chunk = head("chat.completion.chunk");
    ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
    choice.set("delta", delta);
    choice.putNull("logprobs");
    choice.put("finish_reason", end.map(LoopEnd::finishReason).orElse(null));
    end.flatMap(LoopEnd::extension).ifPresent(extension -> chunk.set("hermes", extension));
    if (usageComesLast) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  /** A chunk without a choice, as the one of the usage is. */
  ObjectNode event(ToolProgress progress, boolean usageComesLast) {
    ObjectNode chunk = head("chat.completion.chunk");
    chunk.putArray("choices");
    chunk.putObject("hermes").set(progress.type(), progress.json());
    if (usageComesLast) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  ObjectNode usageChunk(TokenUsage usage) {
    ObjectNode chunk = head("chat.completion.chunk");
    chunk.putArray("choices");
    chunk.set("usage", usage(usage));
    return chunk;
  }

  @Override
  public ObjectNode whole(String text, List<ToolCall> calls, LoopEnd end, TokenUsage usage) {
    ObjectNode whole = head("chat.completion");
    ObjectNode choice = whole.putArray("choices").addObject().put("index", 0);
    choice.set("message", message(text, calls));
    choice.putNull("logprobs");
    choice.put("finish_reason", end.finishReason());
    whole.set("usage", usage(usage));
    end.extension().ifPresent(extension -> whole.set("hermes", extension));
    return whole;
  }

  /** An assistant message, as an answer shows it and as a session keeps it. */
  static ObjectNode message(String text, List<ToolCall> calls) {
    ObjectNode message = JsonNodeFactory.instance.objectNode().put("role", "assistant");
    message.put("content", text.isEmpty() && !calls.isEmpty() ? null : text);
    message.putNull("refusal");
    if (!calls.isEmpty()) {
      ArrayNode array = message.putArray("tool_calls");
      calls.forEach(call -> array.add(call(call, call.arguments())));
    }
    return message;
  }

  static ObjectNode call(ToolCall call, String arguments) {
    ObjectNode object =
        JsonNodeFactory.instance.objectNode().put("id", call.id()).put("type", "function");
    object.putObject("function").put("name", call.name()).put("arguments", arguments);
    call.extra().ifPresent(extra -> object.set(ToolCall.EXTRA, extra));
    return object;
  }

  private ObjectNode head(String kind) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", id)
        .put("object", kind)
        .put("created", created)
        .put("model", model);
  }

  private static ObjectNode usage(TokenUsage usage) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("prompt_tokens", usage.prompt())
        .put("completion_tokens", usage.completion())
        .put("total_tokens", usage.total());
  }
}
