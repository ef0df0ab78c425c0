package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.crds.Tool;

/** The platform's tools as a model is told of them. */
final class ToolDefinitions {
  private ToolDefinitions() {}

  static JsonNode of(Tool tool) {
    return switch (tool) {
      case PYTHON ->
          function(
              tool,
              "Runs Python in a sandbox of this conversation and returns what it printed and the"
                  + " value of the last expression. Variables, files and imports stay for the next"
                  + " call.",
              "Python source text.");
      case BASH ->
          function(
              tool,
              "Runs a bash command line in a sandbox of this conversation and returns what it"
                  + " printed. Files stay for the next call.",
              "Text for bash -c.");
    };
  }

  /** The one argument a tool takes. */
  static String argument(Tool tool) {
    return switch (tool) {
      case PYTHON -> "code";
      case BASH -> "command";
    };
  }

  private static JsonNode function(Tool tool, String description, String argumentDescription) {
    ObjectNode definition = JsonNodeFactory.instance.objectNode().put("type", "function");
    ObjectNode function =
        definition.putObject("function").put("name", tool.wire()).put("description", description);
    ObjectNode parameters = function.putObject("parameters").put("type", "object");
    parameters
        .putObject("properties")
        .putObject(argument(tool))
        .put("type", "string")
        .put("description", argumentDescription);
    parameters.putArray("required").add(argument(tool));
    parameters.put("additionalProperties", false);
    return definition;
  }
}
