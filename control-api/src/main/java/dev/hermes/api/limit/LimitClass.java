package dev.hermes.api.limit;

import java.util.Locale;

/** Routes share a window by what they cost, so that a busy chat leaves looking things up free. */
enum LimitClass {
  /** Calls that run models and tools: the tenant's {@code requestsPerMinute}. */
  CHAT(1),
  /** Everything else, ten times as often. */
  READ(10);

  private final int factor;

  LimitClass(int factor) {
    this.factor = factor;
  }

  static LimitClass of(String template) {
    return template.startsWith("/v1/chat/") || template.equals("/mcp") ? CHAT : READ;
  }

  int limit(int requestsPerMinute) {
    return Math.clamp((long) requestsPerMinute * factor, 1, Integer.MAX_VALUE);
  }

  String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
