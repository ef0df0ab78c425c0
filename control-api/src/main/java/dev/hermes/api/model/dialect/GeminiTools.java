package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelRequest;

/** OpenAI's tools and tool_choice as Gemini's. */
final class GeminiTools {
  private GeminiTools() {}

  static void write(ModelRequest request, ObjectNode body) throws Inexpressible {
    ArrayNode functions = body.putArray("tools").addObject().putArray("functionDeclarations");
    for (JsonNode tool : request.tools()) {
      JsonNode function = Functions.of(tool);
      ObjectNode written = functions.addObject().put("name", function.path("name").asText());
      if (function.path("description").isTextual()) {
        written.set("description", function.path("description"));
      }
      if (function.path("parameters").isObject()) {
        written.set("parametersJsonSchema", function.path("parameters"));
      }
    }
    ObjectNode config = body.putObject("toolConfig").putObject("functionCallingConfig");
    String choice = Functions.chosen(request.toolChoice());
    switch (choice) {
      case "auto" -> config.put("mode", "AUTO");
      case "none" -> config.put("mode", "NONE");
      case "required" -> config.put("mode", "ANY");
      default ->
          config
              .put("mode", "ANY")
              .putArray("allowedFunctionNames")
              .add(choice.substring(Functions.NAMED.length()));
    }
  }
}
