package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelMetrics;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.tool.ToolOutcome;
import dev.hermes.api.tool.ToolRunner;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  LoopEnd run(Turn turn, List<ObjectNode> conversation, Answer answer, Interruption interruption)
      throws ModelFailed, InterruptedException {
    List<ObjectNode> messages = new ArrayList<>(conversation);
    for (int call = 0; call < MODEL_CALLS; call++) {
      ModelAnswer said = ask(turn, request(turn, messages, call == 0), answer, interruption);
      List<ToolCall> clientCalls =
          said.toolCalls().stream()
              .filter(it -> turn.request().functions().contains(it.name()))
              .toList();
      if (said.toolCalls().isEmpty()) {
        turn.add(List.of(Completion.message(said.text(), List.of())));
        return LoopEnd.of(said.finishReason());
      }
      if (!clientCalls.isEmpty()) {
        // the client's come first; a model that still wants ours asks again
        turn.add(List.of(Completion.message(said.text(), clientCalls)));
        answer.toolCalls(clientCalls);
        return LoopEnd.of("tool_calls");
      }
      Optional<LoopEnd> limit = runTools(turn, said, messages, answer, interruption);
      if (limit.isPresent()) {
        return limit.get();
      }
    }
    return LoopEnd.limit("model_calls");
  }

  private Optional<LoopEnd> runTools(
      Turn turn,
      ModelAnswer said,
      List<ObjectNode> messages,
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
      ToolOutcome outcome = interruption.during(() -> tools.run(turn.tools(), call));
      exchange.add(
          JsonNodeFactory.instance
              .objectNode()
              .put("role", "tool")
              .put("tool_call_id", call.id())
              .put("content", text(outcome, first)));
    }
    messages.addAll(exchange);
    turn.add(exchange);
    return Optional.empty();
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

  private ModelAnswer ask(Turn turn, ModelRequest request, Answer answer, Interruption interruption)
      throws ModelFailed, InterruptedException {
    long begun = System.nanoTime();
    Delivered delivered = new Delivered(answer);
    String status = "failed";
    try {
      ModelAnswer said =
          interruption.during(() -> turn.model().provider().complete(request, delivered::text));
      turn.used(said);
      status = "succeeded";
      metrics.tokens(turn.caller().tenant(), turn.model().model(), said.provider(), said.usage());
      return said;
    } catch (ModelFailed e) {
      turn.usedInPart(e.usage());
      throw e;
    } catch (InterruptedException | ClientGoneException e) {
      status = "aborted";
      turn.usedInPart(delivered.usage(request).at(turn.model().provider().price(request.model())));
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

  private static ModelRequest request(Turn turn, List<ObjectNode> messages, boolean first) {
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
    return new ModelRequest(
        turn.model().model(), messages, offered, choice, parameters, asked.stream());
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

    TokenUsage usage(ModelRequest request) {
      long prompt = request.messages().stream().mapToLong(it -> it.toString().length()).sum();
      return TokenUsage.estimate(prompt, text.length());
    }
  }
}
