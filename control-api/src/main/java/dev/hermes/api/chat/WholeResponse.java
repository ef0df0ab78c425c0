package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import java.util.List;
import java.util.Optional;

/** Collects a response that is sent as one object. */
final class WholeResponse implements Answer.Whole {
  private final ResponseObject response;
  private final StringBuilder text = new StringBuilder();
  private List<ToolCall> calls = List.of();
  private Optional<ObjectNode> whole = Optional.empty();

  WholeResponse(ResponseObject response) {
    this.response = response;
  }

  @Override
  public void text(String piece) {
    text.append(piece);
  }

  @Override
  public void toolCalls(List<ToolCall> made) {
    calls = List.copyOf(made);
  }

  @Override
  public void end(LoopEnd end, TokenUsage usage) {
    ArrayNode output = JsonNodeFactory.instance.arrayNode();
    String status = ResponseObject.incomplete(end).isPresent() ? "incomplete" : "completed";
    if (!text.isEmpty()) {
      output.add(ResponseObject.message(ResponseObject.name("msg_"), status, text.toString()));
    }
    for (ToolCall call : calls) {
      output.add(
          ResponseObject.call(ResponseObject.name("fc_"), "completed", call, call.arguments()));
    }
    whole = Optional.of(response.ended(output, end, usage));
  }

  @Override
  public ObjectNode object() {
    return whole.orElseThrow(() -> new IllegalStateException("the response has not ended"));
  }
}
