package dev.hermes.api.chat;

import java.util.Optional;

/**
 * Why a turn ended.
 *
 * @param finishReason as OpenAI's clients know it
 * @param limit which limit ended it: model_calls, tool_calls, wall_clock or shutdown; aborted where
 *     its owner did
 */
record LoopEnd(String finishReason, Optional<String> limit) {
  private static final String ABORTED = "aborted";

  static LoopEnd of(String finishReason) {
    return new LoopEnd(finishReason, Optional.empty());
  }

  /** To a client it looks like an answer cut for length; the limit's name stands beside it. */
  static LoopEnd limit(String name) {
    return new LoopEnd("length", Optional.of(name));
  }

  /** What there is so far is the answer. */
  static LoopEnd aborted() {
    return new LoopEnd("stop", Optional.of(ABORTED));
  }

  /** As usage and figures name it. */
  String status() {
    return limit.map(name -> name.equals(ABORTED) ? ABORTED : "limited").orElse("succeeded");
  }
}
