package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.KeptAnswer;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.response.KeptResponse;
import java.util.List;
import java.util.Optional;

/** Where an answer goes as it comes: into a stream, or into one object. */
interface Answer {
  /** May block while the client reads slowly. */
  void text(String piece);

  /** Calls of the client's own functions, which it runs itself. */
  void toolCalls(List<ToolCall> calls);

  /** One of the platform's tools runs or has run. */
  void tool(ToolProgress progress);

  /**
   * What is to be kept of the answer beside the session; asked once, before the end is told.
   *
   * @param said the messages of the turn behind its input
   */
  default Optional<KeptResponse> kept(LoopEnd end, TokenUsage usage, List<ObjectNode> said) {
    return Optional.empty();
  }

  /**
   * All of it, as a repetition of the request is answered; asked once, after {@link #kept} and
   * before the end is told. Empty where no key came with the request.
   */
  default Optional<KeptAnswer> repeatable(LoopEnd end, TokenUsage usage) {
    return Optional.empty();
  }

  /** Nothing comes after it. */
  void end(LoopEnd end, TokenUsage usage);

  /** Whether the client has been given anything that an error could no longer replace. */
  boolean begun();

  /** Events. */
  interface Streamed extends Answer {
    /** An error after the first event, after which the stream ends. */
    void fail(Failure failure);
  }
}
