package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * Why a turn ended.
 *
 * @param finishReason as OpenAI's clients know it
 * @param limit which limit ended it: model_calls, tool_calls, wall_clock or shutdown; aborted where
 *     its owner did
 * @param leftOut how many kept messages the model was not shown for want of room
 * @param summary of these: made, used or failed
 */
record LoopEnd(String finishReason, Optional<String> limit, int leftOut, Optional<String> summary) {
  private static final String ABORTED = "aborted";

  static LoopEnd of(String finishReason) {
    return new LoopEnd(finishReason, Optional.empty(), 0, Optional.empty());
  }

  /** To a client it looks like an answer cut for length; the limit's name stands beside it. */
  static LoopEnd limit(String name) {
    return new LoopEnd("length", Optional.of(name), 0, Optional.empty());
  }

  /** What there is so far is the answer. */
  static LoopEnd aborted() {
    return new LoopEnd("stop", Optional.of(ABORTED), 0, Optional.empty());
  }

  LoopEnd after(Conversation conversation) {
    return new LoopEnd(finishReason, limit, conversation.leftOut(), conversation.summaryTold());
  }

  /** What OpenAI's clients do not know of; empty when there is nothing to say. */
  Optional<ObjectNode> extension() {
    ObjectNode extension = JsonNodeFactory.instance.objectNode();
    limit.ifPresent(name -> extension.put("limit", name));
    if (leftOut > 0) {
      extension.put("messages_left_out", leftOut);
    }
    summary.ifPresent(it -> extension.put("summary", it));
    return Optional.of(extension).filter(it -> !it.isEmpty());
  }

  /** As usage and figures name it. */
  String status() {
    return limit.map(name -> name.equals(ABORTED) ? ABORTED : "limited").orElse("succeeded");
  }
}
