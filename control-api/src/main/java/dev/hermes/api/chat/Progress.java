package dev.hermes.api.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.session.SessionSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How far a turn has come: the model's rounds with their results, the last perhaps not at its end.
 *
 * @param request whose turn it was
 * @param used what no usage record has yet
 * @param toolCalls how many of them are in no usage record
 * @param summary that it has made of its session
 */
record Progress(
    String request,
    List<List<ObjectNode>> rounds,
    TokenUsage used,
    int toolCalls,
    Optional<SessionSummary> summary) {
  private static final ObjectMapper JSON = new ObjectMapper();

  Progress {
    rounds = List.copyOf(rounds);
  }

  static Progress of(Turn turn, List<ObjectNode> round) {
    List<ObjectNode> said = new ArrayList<>(turn.said());
    said.addAll(round);
    return new Progress(
        turn.requestId(), rounds(said), turn.usage(), turn.tools().calls(), turn.summary());
  }

  /** Each begins with what the model said. */
  static List<List<ObjectNode>> rounds(List<ObjectNode> said) {
    List<List<ObjectNode>> rounds = new ArrayList<>();
    for (ObjectNode message : said) {
      if (message.path("role").asText().equals("assistant")) {
        rounds.add(new ArrayList<>());
      }
      rounds.getLast().add(message);
    }
    return rounds;
  }

  /** The calls of a round that have no result. */
  static List<ToolCall> open(List<ObjectNode> round) {
    List<ToolCall> calls = new ArrayList<>();
    for (JsonNode call : round.getFirst().path("tool_calls")) {
      calls.add(
          new ToolCall(
              call.path("id").asText(),
              call.at("/function/name").asText(),
              call.at("/function/arguments").asText(),
              Optional.ofNullable(call.get(ToolCall.EXTRA))));
    }
    // results come in the order of the calls
    return calls.subList(round.size() - 1, calls.size());
  }

  /** How many results of calls with that id there are. */
  long results(String call) {
    return rounds.stream()
        .flatMap(List::stream)
        .filter(it -> it.path("tool_call_id").asText().equals(call))
        .count();
  }

  String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("request", request);
    json.putObject("used")
        .put("prompt", used.prompt())
        .put("completion", used.completion())
        .put("estimated", used.estimated())
        .put("nano_usd", used.nanoUsd())
        .put("tool_calls", toolCalls);
    summary.ifPresent(
        it -> json.putObject("summary").put("text", it.text()).put("through", it.through()));
    rounds.forEach(json.putArray("said")::addAll);
    return json.toString();
  }

  static Progress parse(String json) {
    try {
      JsonNode kept = JSON.readTree(json);
      List<ObjectNode> said = new ArrayList<>();
      kept.path("said").forEach(message -> said.add((ObjectNode) message));
      JsonNode used = kept.path("used");
      return new Progress(
          kept.path("request").asText(),
          rounds(said),
          new TokenUsage(
              used.path("prompt").asLong(),
              used.path("completion").asLong(),
              used.path("estimated").asBoolean(),
              used.path("nano_usd").asLong()),
          used.path("tool_calls").asInt(),
          Optional.ofNullable(kept.get("summary"))
              .map(it -> new SessionSummary(it.path("text").asText(), it.path("through").asInt())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a turn's progress is unreadable", e);
    }
  }
}
