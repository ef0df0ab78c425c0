package dev.hermes.api.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.sandbox.FileAction;
import dev.hermes.api.sandbox.SandboxWork;
import dev.hermes.crds.Tool;
import java.time.Duration;
import java.util.List;

/**
 * The arguments of the platform's tools: what a model is told of them, and how its own are read.
 */
final class ToolArguments {
  static final String CODE = "code";
  static final String COMMAND = "command";
  private static final List<String> ACTIONS = List.of("read", "write", "list", "remove");

  private ToolArguments() {}

  /** Arguments as they came are either work or a sentence for the model. */
  sealed interface Parsed {
    record Work(SandboxWork work) implements Parsed {}

    record Wrong(String message) implements Parsed {}
  }

  /**
   * @param timeout of a run of code
   * @param filesTimeout of a call that does something with a file
   * @param outputBytes most bytes of a file that are answered
   */
  static Parsed parse(
      Tool tool,
      String arguments,
      Duration timeout,
      Duration filesTimeout,
      int outputBytes,
      SandboxWork.Environment variables,
      ObjectMapper json) {
    JsonNode parsed = read(arguments, json);
    return switch (tool) {
      case PYTHON -> code(tool, parsed.path(CODE), CODE, timeout, variables);
      case BASH -> code(tool, parsed.path(COMMAND), COMMAND, timeout, variables);
      case FILES -> file(parsed, outputBytes, filesTimeout);
    };
  }

  static ObjectNode schema(String name, String description) {
    ObjectNode schema = object();
    schema
        .putObject("properties")
        .putObject(name)
        .put("type", "string")
        .put("description", description);
    schema.putArray("required").add(name);
    return schema;
  }

  static ObjectNode filesSchema() {
    ObjectNode schema = object();
    ObjectNode properties = schema.putObject("properties");
    ObjectNode action = properties.putObject("action").put("type", "string");
    ACTIONS.forEach(action.putArray("enum")::add);
    properties
        .putObject("path")
        .put("type", "string")
        .put("description", "The file; for list, the directory.");
    properties
        .putObject("content")
        .put("type", "string")
        .put("description", "For write: the whole text.");
    schema.putArray("required").add("action").add("path");
    return schema;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", "object")
        .put("additionalProperties", false);
  }

  private static JsonNode read(String arguments, ObjectMapper json) {
    try {
      return json.readTree(arguments);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static Parsed code(
      Tool tool, JsonNode text, String name, Duration timeout, SandboxWork.Environment variables) {
    return text.isTextual()
        ? new Parsed.Work(new SandboxWork.Code(tool, text.textValue(), timeout, variables))
        : new Parsed.Wrong("the arguments must be {\"" + name + "\": \"…\"}");
  }

  private static Parsed file(JsonNode arguments, int outputBytes, Duration timeout) {
    String action = arguments.path("action").asText();
    JsonNode path = arguments.path("path");
    JsonNode content = arguments.path("content");
    if (!ACTIONS.contains(action) || !path.isTextual() || path.textValue().isEmpty()) {
      return new Parsed.Wrong(
          "the arguments must be {\"action\": one of "
              + String.join(", ", ACTIONS)
              + ", \"path\": \"…\"}");
    }
    if (action.equals("write") && !content.isTextual()) {
      return new Parsed.Wrong("write needs the text as \"content\"");
    }
    String file = path.textValue();
    FileAction wish =
        switch (action) {
          case "read" -> new FileAction.Read(file);
          case "write" -> new FileAction.Write(file, content.textValue());
          case "list" -> new FileAction.Listing(file);
          default -> new FileAction.Remove(file);
        };
    return new Parsed.Work(new SandboxWork.Files(wish, outputBytes, timeout));
  }
}
