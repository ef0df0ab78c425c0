package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.JsonBody;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.Optional;

/** Input items of a response as the messages of a chat. */
final class ResponseItems {
  private final ArrayNode messages = JsonNodeFactory.instance.arrayNode();

  private ResponseItems() {}

  /** The input's messages. */
  static ArrayNode messages(JsonNode input) {
    ResponseItems items = new ResponseItems();
    if (input.isTextual()) {
      items.messages.addObject().put("role", "user").set("content", input);
      return items.messages;
    }
    if (!input.isArray()) {
      throw new ApiException(Failure.invalid("input", "input is a text or a list of items."));
    }
    for (int i = 0; i < input.size(); i++) {
      items.add(input.path(i), "input[" + i + "]");
    }
    return items.messages;
  }

  private void add(JsonNode item, String path) {
    switch (item.path("type").asText("message")) {
      case "message" -> {
        ObjectNode message = messages.addObject();
        message.set("role", item.path("role"));
        message.set("content", content(item.path("content"), path + ".content"));
      }
      case "function_call" -> call(item);
      case "function_call_output" -> {
        ObjectNode message = messages.addObject().put("role", "tool");
        message.set("tool_call_id", item.path("call_id"));
        message.set("content", content(item.path("output"), path + ".output"));
      }
      case "reasoning" -> {
        // another server's thoughts are of no use to this one
      }
      default ->
          throw new ApiException(
              Failure.unsupported(
                  path,
                  "An item of type '%s' is not taken here; message, function_call and"
                          .formatted(item.path("type").asText())
                      + " function_call_output are."));
    }
  }

  /** Calls that follow each other, or a text of the model, are of one message. */
  private void call(JsonNode item) {
    ObjectNode call = JsonNodeFactory.instance.objectNode();
    call.set("id", item.path("call_id"));
    call.put("type", "function");
    ObjectNode function = call.putObject("function");
    function.set("name", item.path("name"));
    function.set("arguments", item.path("arguments"));
    JsonBody.present(item.path(ToolCall.EXTRA)).ifPresent(it -> call.set(ToolCall.EXTRA, it));
    calls().add(call);
  }

  private ArrayNode calls() {
    JsonNode last = messages.path(messages.size() - 1);
    ObjectNode message =
        last.path("role").asText().equals("assistant")
            ? (ObjectNode) last
            : messages.addObject().put("role", "assistant");
    return message.withArray("/tool_calls");
  }

  private static JsonNode content(JsonNode content, String path) {
    if (!content.isArray()) {
      return content;
    }
    ArrayNode parts = JsonNodeFactory.instance.arrayNode();
    for (JsonNode part : content) {
      parts.add(
          part(part)
              .orElseThrow(() ->
                  new ApiException(
                      Failure.unsupported(
                          path,
                          "A part of type '%s' is not taken here."
                              .formatted(part.path("type").asText())))));
    }
    return parts;
  }

  private static Optional<ObjectNode> part(JsonNode part) {
    ObjectNode chat = JsonNodeFactory.instance.objectNode();
    switch (part.path("type").asText()) {
      case "input_text", "output_text", "text" ->
          chat.put("type", "text").set("text", part.path("text"));
      case "refusal" -> chat.put("type", "refusal").set("refusal", part.path("refusal"));
      case "input_image" -> {
        if (!part.path("image_url").isTextual()) {
          return Optional.empty();
        }
        ObjectNode image = chat.put("type", "image_url").putObject("image_url");
        image.set("url", part.path("image_url"));
        JsonBody.present(part.path("detail")).ifPresent(detail -> image.set("detail", detail));
      }
      case "input_file" -> {
        ObjectNode file = chat.put("type", "file").putObject("file");
        for (String member : new String[] {"file_data", "file_id", "filename"}) {
          JsonBody.present(part.path(member)).ifPresent(value -> file.set(member, value));
        }
      }
      case "input_audio" ->
          chat.put("type", "input_audio").set("input_audio", part.path("input_audio"));
      default -> {
        return Optional.empty();
      }
    }
    return Optional.of(chat);
  }
}
