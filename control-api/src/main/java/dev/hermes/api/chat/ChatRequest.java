package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.History;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a client asks for, checked.
 *
 * @param messages as sent, nulls removed
 * @param before which of them, behind instructions, the platform itself has kept and put there
 * @param tools the client's own, as sent
 * @param functions the names of the client's functions
 * @param parameters sampling and the like that a provider is told
 */
record ChatRequest(
    Optional<String> model,
    List<ObjectNode> messages,
    Optional<Before> before,
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

  /** The messages from one place to before another. */
  record Before(int from, int to) {}

  /** The same with part of its messages known as the platform's own. */
  ChatRequest with(Before part) {
    return new ChatRequest(
        model,
        messages,
        Optional.of(part),
        tools,
        functions,
        toolChoice,
        parameters,
        stream,
        includeUsage);
  }

  /** The conversation that this request continues, by what the session has kept. */
  History.Continued after(History history) {
    return before
        .map(part ->
            new History.Continued(
                messages.subList(0, part.from()),
                messages.subList(part.from(), part.to()).stream()
                    .map(History.Kept::ofNoSession)
                    .toList(),
                messages.subList(part.to(), messages.size()),
                messages.subList(part.to(), messages.size())))
        .orElseGet(() -> history.continueWith(messages));
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
