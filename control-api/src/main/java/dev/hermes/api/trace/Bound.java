package dev.hermes.api.trace;

import org.jspecify.annotations.Nullable;

/** What a thread works on now: whose request, and which step of it. */
record Bound(RequestScope scope, Step step) {
  static final ThreadLocal<@Nullable Bound> CURRENT = new ThreadLocal<>();

  /** Makes it this thread's and returns what was before. */
  static @Nullable Bound set(@Nullable Bound next) {
    Bound before = CURRENT.get();
    if (next == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(next);
    }
    return before;
  }

  /**
   * The same for who begins or ends to work for a request, so that its log lines are told apart.
   */
  static @Nullable Bound enter(@Nullable Bound next) {
    Bound before = set(next);
    if (before != null && (next == null || before.scope != next.scope)) {
      before.scope.removeWords();
    }
    if (next != null) {
      next.scope.writeWords();
    }
    return before;
  }
}
