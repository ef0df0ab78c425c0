package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** Readings of OpenAI's tools. */
final class Functions {
  /** Before the name of a function that must be called. */
  static final String NAMED = "function:";

  private Functions() {}

  /** The function of a tool; OpenAI has other kinds, which only OpenAI can run. */
  static JsonNode of(JsonNode tool) throws Inexpressible {
    if (!tool.path("type").asText().equals("function")) {
      throw new Inexpressible(
          "tools",
          "A tool of type '%s' cannot be offered to this model; functions can."
              .formatted(tool.path("type").asText()));
    }
    return tool.path("function");
  }

  /** A function's JSON schema; without one it takes nothing. */
  static JsonNode parameters(JsonNode function) {
    if (function.path("parameters").isObject()) {
      return function.path("parameters");
    }
    ObjectNode nothing = JsonNodeFactory.instance.objectNode().put("type", "object");
    nothing.putObject("properties");
    return nothing;
  }

  /** {@code auto}, {@code none}, {@code required}, or a name after {@link #NAMED}. */
  static String chosen(Optional<JsonNode> choice) {
    JsonNode named = choice.map(it -> it.path("function").path("name")).orElse(null);
    if (named != null && named.isTextual()) {
      return NAMED + named.textValue();
    }
    return choice
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue)
        .filter(word -> word.equals("none") || word.equals("required"))
        .orElse("auto");
  }
}
