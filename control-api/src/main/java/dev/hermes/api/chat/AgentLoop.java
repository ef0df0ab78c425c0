package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.ModelFailed;
import dev.hermes.api.model.ModelMetrics;
import dev.hermes.api.model.ModelProvider;
import dev.hermes.api.model.ModelRequest;
import dev.hermes.api.model.ToolCall;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Model → tool calls → sandbox → results → model, until there is a text, a call of the client's own
 * function, or a limit. No transaction is open while it waits for a model or a tool.
 */
@Singleton
final class AgentLoop {
  static final int MODEL_CALLS = 20;

  private final ToolRounds rounds;
  private final Summaries summaries;
  private final ModelMetrics metrics;

  AgentLoop(ToolRounds rounds, Summaries summaries, ModelMetrics metrics) {
    this.rounds = rounds;
    this.summaries = summaries;
    this.metrics = metrics;
  }

  /**
   * @param resumed what a turn that died has done of this one
   */
  LoopEnd run(
      Turn turn,
      Optional<TurnBeginning.Resumed> resumed,
      Conversation conversation,
      Answer answer,
      Interruption interruption)
      throws ModelFailed, InterruptedException {
    if (resumed.isPresent()) {
      Optional<LoopEnd> end = rounds.goOn(turn, resumed.get(), conversation, answer, interruption);
      if (end.isPresent()) {
        return end.get();
      }
    }
    ModelProvider model = turn.model().provider();
    int before = resumed.map(it -> it.progress().rounds().size()).orElse(0);
    boolean first = before == 0;
    for (int calls = (before + 1) * model.calls();
        calls + (conversation.isSummedUp() ? 1 : 0) <= MODEL_CALLS;
        calls += model.calls()) {
      boolean mayAsk = calls < MODEL_CALLS;
      ModelAnswer said = ask(turn, conversation, first, mayAsk, answer, interruption);
      first = false;
      Optional<LoopEnd> end = act(turn, said, conversation, answer, interruption);
      if (end.isPresent()) {
        return end.get().after(conversation);
      }
    }
    return LoopEnd.limit("model_calls").after(conversation);
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
    return rounds.run(turn, said, conversation, answer, interruption);
  }

  /** Where the model's window is too small all the same, half of what is kept goes each time. */
  private ModelAnswer ask(
      Turn turn,
      Conversation conversation,
      boolean first,
      boolean mayAsk,
      Answer answer,
      Interruption interruption)
      throws ModelFailed, InterruptedException {
    while (true) {
      Delivered delivered = new Delivered(answer);
      try {
        return ask(
            turn,
            request(turn, conversation, first, mayAsk, interruption),
            delivered,
            interruption);
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

  private ModelRequest request(
      Turn turn,
      Conversation conversation,
      boolean first,
      boolean mayAsk,
      Interruption interruption)
      throws InterruptedException {
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
    OptionalLong window = turn.model().provider().window(turn.model().model());
    if (window.isPresent()) {
      long most = window.getAsLong();
      summaries.fit(
          turn,
          conversation,
          most - asked.answerTokens(most) - TokenEstimate.of(offered),
          mayAsk,
          interruption);
    }
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
