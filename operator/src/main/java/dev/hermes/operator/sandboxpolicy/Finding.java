package dev.hermes.operator.sandboxpolicy;

import dev.hermes.crds.Reason;

/** What a canary found out about one {@link Check}. */
public sealed interface Finding {
  String message();

  /** The wall held. */
  record Held(String message) implements Finding {}

  /** It did not. */
  record Broken(Reason reason, String message) implements Finding {}

  /**
   * The canary could not tell.
   *
   * @param overdue nothing could be told for so long that it counts as broken
   */
  record Untold(String message, boolean overdue) implements Finding {}
}
