package dev.hermes.api.model;

import java.util.List;

/**
 * What a model answered in full.
 *
 * @param finishReason OpenAI's: stop, length, tool_calls, content_filter
 * @param usage of this answer, and of attempts before it that failed
 * @param provider that gave it
 * @param degraded whether that is one which is only asked when others fail
 */
public record ModelAnswer(
    String text,
    List<ToolCall> toolCalls,
    String finishReason,
    TokenUsage usage,
    String provider,
    boolean degraded) {
  public ModelAnswer {
    toolCalls = List.copyOf(toolCalls);
  }

  /** The same at another bill. */
  public ModelAnswer at(TokenUsage bill) {
    return new ModelAnswer(text, toolCalls, finishReason, bill, provider, degraded);
  }

  /** The answer of that provider, after attempts that used so much. */
  public ModelAnswer by(String name, boolean fallback, TokenUsage spent) {
    return new ModelAnswer(text, toolCalls, finishReason, usage.plus(spent), name, fallback);
  }
}
