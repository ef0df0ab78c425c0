package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a client asks for, checked.
 *
 * @param messages as sent, nulls removed
 * @param tools the client's own, as sent
 * @param functions the names of the client's functions
 * @param parameters sampling and the like that a provider is told
 */
record ChatRequest(
    Optional<String> model,
    List<ObjectNode> messages,
    List<JsonNode> tools,
    Set<String> functions,
    Optional<JsonNode> toolChoice,
    ObjectNode parameters,
    boolean stream,
    boolean includeUsage) {

  ChatRequest {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    functions = Set.copyOf(functions);
  }

  /** How many tokens of a window to leave to the answer. */
  long answerTokens(long window) {
    long most = Math.min(4096, window / 4);
    for (String member : List.of("max_completion_tokens", "max_tokens")) {
      most = parameters.path(member).asLong(most);
    }
    return Math.min(most, window / 2);
  }

  /** Whether the client wants no tool to be called. */
  boolean forbidsTools() {
    return toolChoice.map(choice -> choice.asText().equals("none")).orElse(false);
  }
}
