package dev.hermes.api.model;

import java.util.List;

/**
 * What a model answered in full.
 *
 * @param finishReason OpenAI's: stop, length, tool_calls, content_filter
 */
public record ModelAnswer(
    String text, List<ToolCall> toolCalls, String finishReason, TokenUsage usage) {
  public ModelAnswer {
    toolCalls = List.copyOf(toolCalls);
  }
}
