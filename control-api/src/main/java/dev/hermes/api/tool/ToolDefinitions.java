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
              ToolArguments.schema(ToolArguments.CODE, "Python source text."));
      case BASH ->
          function(
              tool,
              "Runs a bash command line in a sandbox of this conversation and returns what it"
                  + " printed. Files stay for the next call.",
              ToolArguments.schema(ToolArguments.COMMAND, "Text for bash -c."));
      case FILES ->
          function(
              tool,
              "Reads, writes, lists and removes files in a sandbox of this conversation. Text in"
                  + " UTF-8; a path without a leading slash starts at /home/user.",
              ToolArguments.filesSchema());
    };
  }

  private static JsonNode function(Tool tool, String description, ObjectNode parameters) {
    ObjectNode definition = JsonNodeFactory.instance.objectNode().put("type", "function");
    definition
        .putObject("function")
        .put("name", tool.wire())
        .put("description", description)
        .set("parameters", parameters);
    return definition;
  }
}
