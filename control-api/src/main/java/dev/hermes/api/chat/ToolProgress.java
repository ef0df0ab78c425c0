package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.tool.ToolOutcome;
import io.micronaut.http.HttpRequest;
import java.util.Optional;

/**
 * A call of one of the platform's tools, begun or ended, for a client that has asked to see them:
 * an extension of the stream that OpenAI's clients read past.
 *
 * @param millis that it took; 0 at its begin
 */
record ToolProgress(ToolCall call, Optional<ToolOutcome> outcome, long millis) {
  static final String HEADER = "X-Hermes-Events";

  static ToolProgress began(ToolCall call) {
    return new ToolProgress(call, Optional.empty(), 0);
  }

  static ToolProgress ended(ToolCall call, ToolOutcome outcome, long millis) {
    return new ToolProgress(call, Optional.of(outcome), millis);
  }

  /** Whether the request wants them; 400 for what it cannot mean. */
  static boolean wanted(HttpRequest<?> http, boolean stream) {
    String header = http.getHeaders().get(HEADER);
    if (header == null) {
      return false;
    }
    if (!header.strip().equals("tools")) {
      throw new ApiException(Failure.invalid(HEADER, "The events there are: tools."));
    }
    if (!stream) {
      throw new ApiException(Failure.invalid(HEADER, "Events come in a stream: set stream."));
    }
    return true;
  }

  /** Its name among events. */
  String type() {
    return outcome.isEmpty() ? "tool.started" : "tool.ended";
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("call_id", call.id()).put("name", call.name());
    if (outcome.isEmpty()) {
      json.put("arguments", call.arguments());
    }
    outcome.ifPresent(
        it -> json.put("failed", it.failed()).put("output", it.text()).put("duration_ms", millis));
    return json;
  }
}
