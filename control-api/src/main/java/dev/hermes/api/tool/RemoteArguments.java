package dev.hermes.api.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ToolCall;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Reads what a model wants of a tool that an MCP server has. */
@Singleton
final class RemoteArguments {
  static final String WRONG = "the arguments must be a JSON object";

  private final ObjectMapper json;

  RemoteArguments(ObjectMapper json) {
    this.json = json;
  }

  /** A model that has nothing to say may say nothing; empty: it is no object. */
  Optional<ObjectNode> parse(ToolCall call) {
    String text = call.arguments();
    try {
      return text.isBlank()
          ? Optional.of(json.createObjectNode())
          : json.readTree(text) instanceof ObjectNode object
              ? Optional.of(object)
              : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
