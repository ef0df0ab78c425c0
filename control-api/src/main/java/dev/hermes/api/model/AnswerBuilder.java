package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Puts an answer together from chunks, or takes it whole, and knows what was used so far. */
final class AnswerBuilder {
  /** Beyond the context of any model, a hundred times over. */
  private static final long MOST_TOKENS = 1_000_000_000;

  private final String provider;
  private final ObjectMapper json;
  private final long promptCharacters;
  private final Consumer<String> text;
  private final StringBuilder content = new StringBuilder();
  private final Map<Integer, CallBuilder> calls = new TreeMap<>();
  private Optional<String> finish = Optional.empty();
  private Optional<TokenUsage> usage = Optional.empty();
  private boolean complete;

  AnswerBuilder(String provider, ObjectMapper json, long promptCharacters, Consumer<String> text) {
    this.provider = provider;
    this.json = json;
    this.promptCharacters = promptCharacters;
    this.text = text;
  }

  private static final class CallBuilder {
    private String id = "";
    private final StringBuilder name = new StringBuilder();
    private final StringBuilder arguments = new StringBuilder();
  }

  void chunk(JsonNode chunk) {
    usage(chunk.path("usage"));
    JsonNode choice = chunk.path("choices").path(0);
    JsonNode delta = choice.path("delta");
    text(delta.path("content"));
    for (JsonNode call : delta.path("tool_calls")) {
      part(call.path("index").asInt(calls.size()), call);
    }
    finish(choice);
  }

  void whole(JsonNode answer) {
    usage(answer.path("usage"));
    JsonNode choice = answer.path("choices").path(0);
    text(choice.path("message").path("content"));
    for (JsonNode call : choice.path("message").path("tool_calls")) {
      part(calls.size(), call);
    }
    finish(choice);
    complete = finish.isPresent();
  }

  /** [DONE] was read. */
  void done() {
    complete = true;
  }

  /** The stream ended without [DONE]; servers exist that leave it out after a finish reason. */
  void ended() {
    complete = finish.isPresent();
  }

  boolean begun() {
    return !content.isEmpty() || !calls.isEmpty();
  }

  ModelAnswer finished() throws IOException {
    if (!complete) {
      throw new IOException("the answer broke off");
    }
    List<ToolCall> made = new ArrayList<>();
    for (CallBuilder call : calls.values()) {
      String id = call.id.isEmpty() ? "call_" + made.size() : call.id;
      made.add(new ToolCall(id, call.name.toString(), call.arguments.toString()));
    }
    String reason = made.isEmpty() ? finish.orElse("stop") : "tool_calls";
    return new ModelAnswer(content.toString(), made, reason, usageSoFar(), provider, false);
  }

  /** As the provider counted, or an estimate when it has not. */
  TokenUsage usageSoFar() {
    if (usage.isPresent()) {
      return usage.get();
    }
    if (!begun() && !complete) {
      return TokenUsage.NONE;
    }
    long written =
        content.length() + calls.values().stream().mapToLong(call -> call.arguments.length()).sum();
    return TokenUsage.estimate(promptCharacters, written);
  }

  private void text(JsonNode piece) {
    if (piece.isTextual() && !piece.textValue().isEmpty()) {
      content.append(piece.textValue());
      text.accept(piece.textValue());
    }
  }

  private void part(int index, JsonNode call) {
    CallBuilder builder = calls.computeIfAbsent(index, any -> new CallBuilder());
    if (builder.id.isEmpty()) {
      builder.id = call.path("id").asText("");
    }
    JsonNode function = call.path("function");
    if (builder.name.isEmpty()) {
      builder.name.append(function.path("name").asText(""));
    }
    JsonNode arguments = function.path("arguments");
    builder.arguments.append(
        arguments.isObject() ? json.valueToTree(arguments).toString() : arguments.asText(""));
  }

  private void finish(JsonNode choice) {
    if (choice.path("finish_reason").isTextual()) {
      finish = Optional.of(choice.path("finish_reason").asText());
    }
  }

  /** What cannot be a count of tokens is not taken for one: we count ourselves then. */
  private void usage(JsonNode counted) {
    JsonNode prompt = counted.path("prompt_tokens");
    JsonNode completion = counted.path("completion_tokens");
    if (isCount(prompt) && isCount(completion)) {
      usage = Optional.of(new TokenUsage(prompt.longValue(), completion.longValue(), false));
    }
  }

  private static boolean isCount(JsonNode tokens) {
    return tokens.canConvertToLong()
        && tokens.isIntegralNumber()
        && tokens.longValue() >= 0
        && tokens.longValue() <= MOST_TOKENS;
  }
}
