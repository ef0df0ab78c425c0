package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * One call of a model.
 *
 * @param messages OpenAI message objects, oldest first
 * @param tools OpenAI tool objects, those of the platform and of the client
 * @param parameters sampling and the like, passed on as the client sent them
 * @param stream whether text is wanted as it comes
 */
public record ModelRequest(
    String model,
    List<ObjectNode> messages,
    List<JsonNode> tools,
    Optional<JsonNode> toolChoice,
    ObjectNode parameters,
    boolean stream) {

  public ModelRequest {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }

  /** Whether a function of this name is offered. */
  boolean offers(String function) {
    return tools.stream()
        .anyMatch(tool -> tool.path("function").path("name").asText("").equals(function));
  }
}
