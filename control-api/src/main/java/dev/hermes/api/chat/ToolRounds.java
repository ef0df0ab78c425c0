package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.tool.ToolOutcome;
import dev.hermes.api.tool.ToolRunner;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runs the calls of the platform's tools that a model makes, those of one answer in a round. */
@Singleton
final class ToolRounds {
  private static final String UNKNOWN =
      "error: the platform stopped while this call ran. It may have run, in part or whole: look at"
          + " what it was to do before you make it again.";

  private final ToolRunner tools;
  private final Checkpoints checkpoints;

  ToolRounds(ToolRunner tools, Checkpoints checkpoints) {
    this.tools = tools;
    this.checkpoints = checkpoints;
  }

  /** Empty when the model is to be asked again. */
  Optional<LoopEnd> run(
      Turn turn,
      ModelAnswer said,
      Conversation conversation,
      Answer answer,
      Interruption interruption)
      throws InterruptedException {
    List<ObjectNode> exchange = new ArrayList<>();
    exchange.add(Completion.message(said.text(), said.toolCalls()));
    checkpoints.save(turn, exchange);
    return run(turn, said.toolCalls(), exchange, conversation, answer, interruption);
  }

  /** Says what was said and runs what was not run; empty when the model is to be asked again. */
  Optional<LoopEnd> goOn(
      Turn turn,
      TurnBeginning.Resumed resumed,
      Conversation conversation,
      Answer answer,
      Interruption interruption)
      throws InterruptedException {
    for (List<ObjectNode> round : resumed.progress().rounds()) {
      answer.text(round.getFirst().path("content").asText(""));
      List<ToolCall> open = Progress.open(round);
      List<ObjectNode> exchange = new ArrayList<>(round);
      if (!open.isEmpty() && checkpoints.mayHaveRun(turn, resumed, open.getFirst())) {
        exchange.add(result(open.getFirst(), UNKNOWN));
        checkpoints.save(turn, exchange);
        open = open.subList(1, open.size());
      }
      Optional<LoopEnd> end = run(turn, open, exchange, conversation, answer, interruption);
      if (end.isPresent()) {
        return end;
      }
    }
    return Optional.empty();
  }

  private Optional<LoopEnd> run(
      Turn turn,
      List<ToolCall> calls,
      List<ObjectNode> exchange,
      Conversation conversation,
      Answer answer,
      Interruption interruption)
      throws InterruptedException {
    for (ToolCall call : calls) {
      if (turn.tools().isExhausted()) {
        return Optional.of(LoopEnd.limit("tool_calls"));
      }
      boolean first = turn.tools().calls() == 0 && !answer.begun();
      ToolOutcome outcome = run(turn, call, answer, interruption);
      exchange.add(result(call, text(outcome, first)));
      checkpoints.save(turn, exchange);
    }
    conversation.add(exchange);
    turn.add(exchange);
    return Optional.empty();
  }

  private static ObjectNode result(ToolCall call, String text) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("role", "tool")
        .put("tool_call_id", call.id())
        .put("content", text);
  }

  private ToolOutcome run(Turn turn, ToolCall call, Answer answer, Interruption interruption)
      throws InterruptedException {
    answer.tool(ToolProgress.began(call));
    long begun = System.nanoTime();
    ToolOutcome outcome = interruption.during(() -> tools.run(turn.tools(), call));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    answer.tool(ToolProgress.ended(call, outcome, millis));
    return outcome;
  }

  /** Before anything was sent an HTTP status says it best; later the model is told. */
  private static String text(ToolOutcome outcome, boolean first) {
    return switch (outcome) {
      case ToolOutcome.Answered answered -> answered.text();
      case ToolOutcome.Full full -> {
        if (first) {
          throw new ApiException(
              Failure.tooMany("sandboxes_in_use", "No sandbox is free: " + full.text() + ".")
                  .retryAfter(10));
        }
        yield "sandbox unavailable: " + full.text();
      }
      case ToolOutcome.Unavailable none -> {
        if (first) {
          throw new ApiException(
              Failure.unavailable("sandbox_unavailable", "No sandbox can run: " + none.text() + ".")
                  .retryAfter(10));
        }
        yield "sandbox unavailable: " + none.text();
      }
    };
  }
}
