package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.KeptAnswer;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.response.KeptResponse;
import io.micronaut.http.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Collects an answer that is sent as one object. */
final class WholeAnswer implements Answer {
  private final Form form;
  private final StringBuilder text = new StringBuilder();
  private List<ToolCall> calls = List.of();
  private Optional<ObjectNode> whole = Optional.empty();

  WholeAnswer(Form form) {
    this.form = form;
  }

  /** Writes the object when all of it is there. */
  interface Form {
    ObjectNode whole(String text, List<ToolCall> calls, LoopEnd end, TokenUsage usage);

    /** What is kept of it. */
    default Optional<KeptResponse> kept(ObjectNode whole, List<ObjectNode> said) {
      return Optional.empty();
    }
  }

  @Override
  public void text(String piece) {
    text.append(piece);
  }

  @Override
  public void toolCalls(List<ToolCall> made) {
    calls = List.copyOf(made);
  }

  /** Its result is part of the text, if the model says so. */
  @Override
  public void tool(ToolProgress progress) {}

  @Override
  public Optional<KeptResponse> kept(LoopEnd end, TokenUsage usage, List<ObjectNode> said) {
    return form.kept(whole(end, usage), said);
  }

  @Override
  public Optional<KeptAnswer> repeatable(LoopEnd end, TokenUsage usage) {
    whole(end, usage);
    return Optional.of(
        new KeptAnswer(
            200,
            Map.of("Content-Type", MediaType.APPLICATION_JSON, "Cache-Control", "no-store"),
            Optional.of(bytes())));
  }

  @Override
  public void end(LoopEnd end, TokenUsage usage) {
    whole(end, usage);
  }

  private ObjectNode whole(LoopEnd end, TokenUsage usage) {
    ObjectNode object = whole.orElseGet(() -> form.whole(text.toString(), calls, end, usage));
    whole = Optional.of(object);
    return object;
  }

  /** Nothing is sent before the end. */
  @Override
  public boolean begun() {
    return false;
  }

  /** The answer, which has ended. */
  byte[] bytes() {
    return whole
        .orElseThrow(() -> new IllegalStateException("the answer has not ended"))
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }
}
