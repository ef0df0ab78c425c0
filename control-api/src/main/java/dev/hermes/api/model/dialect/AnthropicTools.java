package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelRequest;

/** OpenAI's tools and tool_choice as Anthropic's. */
final class AnthropicTools {
  private AnthropicTools() {}

  static void write(ModelRequest request, ObjectNode body) throws Inexpressible {
    ArrayNode tools = body.putArray("tools");
    for (JsonNode tool : request.tools()) {
      JsonNode function = Functions.of(tool);
      ObjectNode written = tools.addObject().put("name", function.path("name").asText());
      if (function.path("description").isTextual()) {
        written.set("description", function.path("description"));
      }
      written.set("input_schema", Functions.parameters(function));
      if (function.path("strict").asBoolean()) {
        written.put("strict", true);
      }
    }
    ObjectNode choice = choice(request, body.objectNode());
    JsonNode parallel = request.parameters().path("parallel_tool_calls");
    if (parallel.isBoolean()
        && !parallel.booleanValue()
        && !choice.path("type").asText().equals("none")) {
      choice.put("disable_parallel_tool_use", true);
    }
    body.set("tool_choice", choice);
  }

  private static ObjectNode choice(ModelRequest request, ObjectNode choice) {
    String named = Functions.chosen(request.toolChoice());
    return switch (named) {
      case "auto", "none" -> choice.put("type", named);
      case "required" -> choice.put("type", "any");
      default -> choice.put("type", "tool").put("name", named.substring(Functions.NAMED.length()));
    };
  }
}
