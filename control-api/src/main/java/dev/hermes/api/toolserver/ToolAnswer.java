package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.body.Cut;
import java.util.StringJoiner;

/**
 * What a model is told of a call: the texts, and the names of whatever else there is.
 *
 * @param failed the server says that the tool did
 * @param truncated there was more text
 */
public record ToolAnswer(String text, boolean failed, boolean truncated) {
  /** As many as of a tool in a sandbox, by default. */
  private static final int MOST = 51_200;

  private static final int MOST_WORD = 300;

  static ToolAnswer of(JsonNode result) throws ToolServerFailed {
    JsonNode content = result.path("content");
    if (!content.isArray()) {
      throw new ToolServerFailed(
          ToolServerFailed.Kind.PROTOCOL, "its answer to tools/call has no content");
    }
    StringJoiner all = new StringJoiner("\n");
    content.forEach(part -> all.add(text(part)));
    // a server that answers in a structure need not say it in words as well
    if (content.isEmpty() && result.has("structuredContent")) {
      all.add(result.path("structuredContent").toString());
    }
    Cut shown = Cut.of(all.toString(), MOST);
    String text = shown.text().isEmpty() ? "(no output)" : shown.text();
    return new ToolAnswer(
        shown.isShorter() ? text + "\n[output cut at the limit]" : text,
        result.path("isError").asBoolean(),
        shown.isShorter());
  }

  private static String text(JsonNode part) {
    return switch (part.path("type").asText()) {
      case "text" -> part.path("text").asText();
      case "image", "audio" ->
          "[%s %s, not shown]".formatted(word(part, "type"), word(part, "mimeType"));
      case "resource" -> "[resource %s, not shown]".formatted(word(part.path("resource"), "uri"));
      case "resource_link" -> "[resource %s %s]".formatted(word(part, "name"), word(part, "uri"));
      default -> "[%s, not shown]".formatted(word(part, "type"));
    };
  }

  private static String word(JsonNode of, String member) {
    return Cut.of(of.path(member).asText("?"), MOST_WORD).text();
  }
}
