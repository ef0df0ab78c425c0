package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.model.ModelAnswer;
import dev.hermes.api.model.Price;
import dev.hermes.api.model.TokenUsage;
import dev.hermes.api.model.ToolCall;
import dev.hermes.database.id.UuidV7;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Puts an answer together from pieces, and knows what was used so far. */
public final class AnswerBuilder {
  /** Beyond the context of any model, a hundred times over. */
  private static final long MOST_TOKENS = 1_000_000_000;

  private final String provider;
  private final Price price;
  private final long promptCharacters;
  private final Consumer<String> text;
  private final StringBuilder content = new StringBuilder();
  private final Map<Integer, CallBuilder> calls = new TreeMap<>();
  private Optional<String> finish = Optional.empty();
  private Optional<TokenUsage> usage = Optional.empty();
  private OptionalLong prompt = OptionalLong.empty();
  private boolean complete;

  public AnswerBuilder(String provider, Price price, long promptCharacters, Consumer<String> text) {
    this.provider = provider;
    this.price = price;
    this.promptCharacters = promptCharacters;
    this.text = text;
  }

  private static final class CallBuilder {
    private String id = "";
    private String name = "";
    private final StringBuilder arguments = new StringBuilder();
    private Optional<JsonNode> extra = Optional.empty();
  }

  /** A piece of the text, told on at once; what is no text or empty is passed over. */
  void text(JsonNode piece) {
    if (piece.isTextual() && !piece.textValue().isEmpty()) {
      content.append(piece.textValue());
      text.accept(piece.textValue());
    }
  }

  /** How many tool calls there are so far. */
  int calls() {
    return calls.size();
  }

  /** A piece of a tool call; id and name stay as they came first. */
  void call(int index, String id, String name, String arguments) {
    CallBuilder call = calls.computeIfAbsent(index, any -> new CallBuilder());
    if (call.id.isEmpty()) {
      call.id = id;
    }
    if (call.name.isEmpty()) {
      call.name = name;
    }
    call.arguments.append(arguments);
  }

  /** What the provider wants to see again beside that call. */
  void extra(int index, JsonNode extra) {
    calls.computeIfAbsent(index, any -> new CallBuilder()).extra = Optional.of(extra);
  }

  /** OpenAI's word for why the model stopped; the last one counts. */
  void finish(String reason) {
    finish = Optional.of(reason);
  }

  /** What cannot be a count of tokens is not taken for one: we count ourselves then. */
  void usage(JsonNode promptTokens, JsonNode completionTokens) {
    if (isCount(promptTokens) && isCount(completionTokens)) {
      usage =
          Optional.of(
              new TokenUsage(promptTokens.longValue(), completionTokens.longValue(), false));
    }
  }

  /** The prompt's tokens, told before the answer has begun. */
  void prompt(JsonNode promptTokens) {
    if (isCount(promptTokens)) {
      prompt = OptionalLong.of(promptTokens.longValue());
    }
  }

  /** The answer's tokens so far, where the prompt's were told before. */
  void completion(JsonNode completionTokens) {
    if (prompt.isPresent() && isCount(completionTokens)) {
      usage = Optional.of(new TokenUsage(prompt.getAsLong(), completionTokens.longValue(), false));
    }
  }

  /** The answer is whole. */
  public void done() {
    complete = true;
  }

  /** Nothing more comes; servers exist that only give a reason to finish and then close. */
  public void ended() {
    complete |= finish.isPresent();
  }

  public boolean begun() {
    return !content.isEmpty() || !calls.isEmpty();
  }

  /**
   * The answer.
   *
   * @throws IOException when it is not whole
   */
  public ModelAnswer finished() throws IOException {
    if (!complete) {
      throw new IOException("the answer broke off");
    }
    List<ToolCall> made = new ArrayList<>();
    for (CallBuilder call : calls.values()) {
      // unique in all of a conversation, by which tool results find their calls
      String id = call.id.isEmpty() ? "call_" + UuidV7.next().toString().replace("-", "") : call.id;
      made.add(new ToolCall(id, call.name, call.arguments.toString(), call.extra));
    }
    String reason = made.isEmpty() ? finish.orElse("stop") : "tool_calls";
    return new ModelAnswer(content.toString(), made, reason, usageSoFar(), provider, false);
  }

  /** As the provider counted, or an estimate when it has not; at its price. */
  public TokenUsage usageSoFar() {
    return counted().at(price);
  }

  private TokenUsage counted() {
    if (usage.isPresent()) {
      return usage.get();
    }
    if (!begun() && !complete && prompt.isEmpty()) {
      return TokenUsage.NONE;
    }
    long written =
        content.length() + calls.values().stream().mapToLong(call -> call.arguments.length()).sum();
    TokenUsage estimate = TokenUsage.estimate(promptCharacters, written);
    return new TokenUsage(prompt.orElse(estimate.prompt()), estimate.completion(), true);
  }

  private static boolean isCount(JsonNode tokens) {
    return tokens.canConvertToLong()
        && tokens.isIntegralNumber()
        && tokens.longValue() >= 0
        && tokens.longValue() <= MOST_TOKENS;
  }
}
