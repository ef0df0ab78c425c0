package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelMetrics;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
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

/**
 * Model → tool calls → sandbox → results → model, until there is a text, a call of the client's own
 * function, or a limit. No transaction is open while it waits for a model or a tool.
 */
@Singleton
final class AgentLoop {
  static final int MODEL_CALLS = 20;

  private final ToolRunner tools;
  private final ModelMetrics metrics;

  AgentLoop(ToolRunner tools, ModelMetrics metrics) {
    this.tools = tools;
    this.metrics = metrics;
  }

  LoopEnd run(Turn turn, Conversation conversation, Answer answer, Interruption interruption)
      throws ModelFailed, InterruptedException {
    ModelProvider model = turn.model().provider();
    boolean first = true;
    for (int calls = model.calls(); calls <= MODEL_CALLS; calls += model.calls()) {
      ModelAnswer said = ask(turn, conversation, first, answer, interruption);
      first = false;
      Optional<LoopEnd> end = act(turn, said, conversation, answer, interruption);
      if (end.isPresent()) {
        return end.get().leavingOut(conversation.leftOut());
      }
    }
    return LoopEnd.limit("model_calls").leavingOut(conversation.leftOut());
  }

  /** Empty when the model is to be asked again. */
  private Optional<LoopEnd> act(
      Turn turn,
      ModelAnswer said,
      Conversation conversation,
      Answer answer,
      Interruption interruption)
      throws InterruptedException {
    if (said.toolCalls().isEmpty()) {
      turn.add(List.of(Completion.message(said.text(), List.of())));
      return Optional.of(LoopEnd.of(said.finishReason()));
    }
    List<ToolCall> clientCalls =
        said.toolCalls().stream()
            .filter(it -> turn.request().functions().contains(it.name()))
            .toList();
    if (!clientCalls.isEmpty()) {
      // the client's come first; a model that still wants ours asks again
      turn.add(List.of(Completion.message(said.text(), clientCalls)));
      answer.toolCalls(clientCalls);
      return Optional.of(LoopEnd.of("tool_calls"));
    }
    return runTools(turn, said, conversation, answer, interruption);
  }

  private Optional<LoopEnd> runTools(
      Turn turn,
      ModelAnswer said,
      Conversation conversation,
      Answer answer,
      Interruption interruption)
      throws InterruptedException {
    List<ObjectNode> exchange = new ArrayList<>();
    exchange.add(Completion.message(said.text(), said.toolCalls()));
    for (ToolCall call : said.toolCalls()) {
      if (turn.tools().isExhausted()) {
        return Optional.of(LoopEnd.limit("tool_calls"));
      }
      boolean first = turn.tools().calls() == 0 && !answer.begun();
      ToolOutcome outcome = run(turn, call, answer, interruption);
      exchange.add(
          JsonNodeFactory.instance
              .objectNode()
              .put("role", "tool")
              .put("tool_call_id", call.id())
              .put("content", text(outcome, first)));
    }
    conversation.add(exchange);
    turn.add(exchange);
    return Optional.empty();
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

  /** Where the model's window is too small all the same, half of what is kept goes each time. */
  private ModelAnswer ask(
      Turn turn, Conversation conversation, boolean first, Answer answer, Interruption interruption)
      throws ModelFailed, InterruptedException {
    while (true) {
      Delivered delivered = new Delivered(answer);
      try {
        return ask(turn, request(turn, conversation, first), delivered, interruption);
      } catch (ModelFailed e) {
        if (!e.isTooLong() || !delivered.isEmpty() || !conversation.halve()) {
          turn.usedInPart(e.usage());
          throw e;
        }
        turn.used(e.usage());
      }
    }
  }

  private ModelAnswer ask(
      Turn turn, ModelRequest request, Delivered delivered, Interruption interruption)
      throws ModelFailed, InterruptedException {
    long begun = System.nanoTime();
    String status = "failed";
    try {
      ModelAnswer said =
          interruption.during(() -> turn.model().provider().complete(request, delivered::text));
      turn.used(said);
      status = "succeeded";
      metrics.tokens(turn.caller().tenant(), turn.model().model(), said.provider(), said.usage());
      return said;
    } catch (ModelFailed e) {
      status = e.kind().status();
      throw e;
    } catch (InterruptedException | ClientGoneException e) {
      status = "aborted";
      turn.usedInPart(turn.model().provider().broken(request, delivered.text.length()));
      throw e;
    } finally {
      keepText(turn, status, delivered);
      metrics.call(
          turn.model().model(), turn.model().provider().name(), status, System.nanoTime() - begun);
    }
  }

  /** What the client has read of a call that broke off belongs to the conversation. */
  private static void keepText(Turn turn, String status, Delivered delivered) {
    if (!status.equals("succeeded") && !delivered.isEmpty()) {
      turn.add(List.of(Completion.message(delivered.text.toString(), List.of())));
    }
  }

  private static ModelRequest request(Turn turn, Conversation conversation, boolean first) {
    ChatRequest asked = turn.request();
    List<JsonNode> offered = new ArrayList<>(asked.tools());
    offered.addAll(turn.tools().definitions());
    ObjectNode parameters = asked.parameters().deepCopy();
    if (offered.isEmpty()) {
      parameters.remove("parallel_tool_calls");
    }
    // a forced call is forced once, or the loop would never end
    Optional<JsonNode> choice =
        first || asked.forbidsTools() ? asked.toolChoice() : Optional.empty();
    turn.model()
        .provider()
        .window(turn.model().model())
        .ifPresent(window ->
            conversation.fit(window - asked.answerTokens(window) - TokenEstimate.of(offered)));
    return new ModelRequest(
        turn.model().model(), conversation.messages(), offered, choice, parameters, asked.stream());
  }

  /** What one model call has sent to the client. */
  private static final class Delivered {
    private final Answer answer;
    private final StringBuilder text = new StringBuilder();

    Delivered(Answer answer) {
      this.answer = answer;
    }

    void text(String piece) {
      answer.text(piece);
      text.append(piece);
    }

    boolean isEmpty() {
      return text.isEmpty();
    }
  }
}
