package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import java.util.List;
import java.util.Optional;

/** Collects an answer that is sent as one object. */
final class WholeAnswer implements Answer.Whole {
  private final Completion completion;
  private final StringBuilder text = new StringBuilder();
  private List<ToolCall> calls = List.of();
  private Optional<ObjectNode> whole = Optional.empty();

  WholeAnswer(Completion completion) {
    this.completion = completion;
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
    whole = Optional.of(completion.whole(text.toString(), calls, end, usage));
  }

  @Override
  public ObjectNode object() {
    return whole.orElseThrow(() -> new IllegalStateException("the answer has not ended"));
  }
}
