package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.KeptAnswer;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.response.KeptResponse;
import io.micronaut.http.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A streamed answer that outlives its client: what came is remembered, and written anew in few
 * events for who repeats the request. A client that has left stops only what is sent to it.
 */
final class LastingAnswer implements Answer.Streamed {
  private final Answer.Streamed live;
  private final Interruption interruption;
  private final Runnable gone;
  private final Function<EventSink, Answer.Streamed> writer;
  private final List<Consumer<Answer>> said = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private boolean left;

  /**
   * @param gone called once when the client reads no more
   * @param writer makes the same answer for another reader
   */
  LastingAnswer(
      Answer.Streamed live,
      Interruption interruption,
      Runnable gone,
      Function<EventSink, Answer.Streamed> writer) {
    this.live = live;
    this.interruption = interruption;
    this.gone = gone;
    this.writer = writer;
  }

  @Override
  public void text(String piece) {
    text.append(piece);
    tell(to -> to.text(piece));
  }

  @Override
  public void toolCalls(List<ToolCall> calls) {
    remember(to -> to.toolCalls(calls));
    tell(to -> to.toolCalls(calls));
  }

  @Override
  public void tool(ToolProgress progress) {
    remember(to -> to.tool(progress));
    tell(to -> to.tool(progress));
  }

  /** Of all of it, which the client may not have read. */
  @Override
  public Optional<KeptResponse> kept(LoopEnd end, TokenUsage usage, List<ObjectNode> messages) {
    return again(new Frames()).kept(end, usage, messages);
  }

  @Override
  public Optional<KeptAnswer> repeatable(LoopEnd end, TokenUsage usage) {
    Frames frames = new Frames();
    again(frames).end(end, usage);
    return Optional.of(
        new KeptAnswer(
            200,
            Map.of("Content-Type", MediaType.TEXT_EVENT_STREAM, "Cache-Control", "no-store"),
            Optional.of(frames.bytes())));
  }

  @Override
  public void end(LoopEnd end, TokenUsage usage) {
    tell(to -> to.end(end, usage));
  }

  @Override
  public void fail(Failure failure) {
    tell(to -> to.fail(failure));
  }

  @Override
  public boolean begun() {
    return live.begun();
  }

  private Answer.Streamed again(Frames frames) {
    remember(to -> {});
    Answer.Streamed answer = writer.apply(frames);
    said.forEach(it -> it.accept(answer));
    return answer;
  }

  /** Text that came in pieces is one. */
  private void remember(Consumer<Answer> event) {
    if (!text.isEmpty()) {
      String whole = text.toString();
      text.setLength(0);
      said.add(to -> to.text(whole));
    }
    said.add(event);
  }

  private void tell(Consumer<Answer.Streamed> event) {
    if (left) {
      return;
    }
    try {
      event.accept(live);
    } catch (ClientGoneException e) {
      // a turn that is to end may have been waiting for its client's slow reading
      if (interruption.cause().isPresent()) {
        throw e;
      }
      left = true;
      gone.run();
    }
  }
}
