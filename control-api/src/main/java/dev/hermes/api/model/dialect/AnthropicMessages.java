package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's messages as Anthropic's: instructions stand apart, tool results are blocks of the user's
 * message after the calls, and no two messages of one role follow each other.
 */
final class AnthropicMessages {
  private final ArrayNode messages;
  private final List<String> instructions = new ArrayList<>();
  private String role = "";
  private @Nullable ArrayNode blocks;

  private AnthropicMessages(ArrayNode messages) {
    this.messages = messages;
  }

  /** Sets {@code messages}, and {@code system} where there are instructions. */
  static void write(List<ObjectNode> conversation, ObjectNode body) throws Inexpressible {
    AnthropicMessages written = new AnthropicMessages(JsonNodeFactory.instance.arrayNode());
    for (int i = 0; i < conversation.size(); i++) {
      written.add(conversation.get(i), "messages[" + i + "].content");
    }
    if (!written.instructions.isEmpty()) {
      body.put("system", String.join("\n\n", written.instructions));
    }
    body.set("messages", written.messages);
  }

  /** An id as it may stand there. */
  private static String id(String id) {
    return id.replaceAll("[^a-zA-Z0-9_-]", "_");
  }

  private void add(ObjectNode message, String param) throws Inexpressible {
    JsonNode content = message.path("content");
    switch (message.path("role").asText()) {
      case "system", "developer" -> instructions.add(Part.text(content, param));
      case "tool" -> {
        ObjectNode result =
            blocks("user")
                .addObject()
                .put("type", "tool_result")
                .put("tool_use_id", id(message.path("tool_call_id").asText()));
        result.put("content", Part.text(content, param));
      }
      case "assistant" -> {
        parts("assistant", content, param);
        for (JsonNode call : message.path("tool_calls")) {
          JsonNode function = call.path("function");
          blocks("assistant")
              .addObject()
              .put("type", "tool_use")
              .put("id", id(call.path("id").asText()))
              .put("name", function.path("name").asText())
              .set("input", Arguments.object(function.path("arguments").asText()));
        }
      }
      default -> parts("user", content, param);
    }
  }

  private void parts(String of, JsonNode content, String param) throws Inexpressible {
    for (Part part : Part.of(content, param)) {
      ObjectNode block = blocks(of).addObject();
      switch (part) {
        case Part.Text text -> block.put("type", "text").put("text", text.text());
        case Part.Remote image -> {
          block.put("type", "image");
          block.putObject("source").put("type", "url").put("url", image.url());
        }
        case Part.Data data -> {
          if (data.media().startsWith("audio/")) {
            throw new Inexpressible(param, "Sound cannot be given to this model.");
          }
          block.put("type", data.media().startsWith("image/") ? "image" : "document");
          block
              .putObject("source")
              .put("type", "base64")
              .put("media_type", data.media())
              .put("data", data.base64());
        }
      }
    }
  }

  /** The blocks of the last message if it is of that role, else of a new one. */
  private ArrayNode blocks(String of) {
    ArrayNode last = blocks;
    if (last == null || !role.equals(of)) {
      role = of;
      last = messages.addObject().put("role", of).putArray("content");
      blocks = last;
    }
    return last;
  }
}
