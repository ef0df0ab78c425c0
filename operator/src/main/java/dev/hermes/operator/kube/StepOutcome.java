package dev.hermes.operator.kube;

import dev.hermes.crds.Reason;

/**
 * What a step of a reconciliation came to; it becomes a condition. Waiting ends by an event or a
 * later look, Invalid only by a change that a person makes. Unknown is not proven either way.
 */
public sealed interface StepOutcome {
  Reason reason();

  String message();

  default boolean isReady() {
    return this instanceof Ready;
  }

  /** Whether nothing that needs this may go on. */
  default boolean stops() {
    return switch (this) {
      case Ready ready -> false;
      case Unknown unknown -> unknown.stops();
      case Waiting waiting -> true;
      case Invalid invalid -> true;
    };
  }

  /** Done. */
  record Ready(Reason reason, String message) implements StepOutcome {}

  /** Not yet. */
  record Waiting(Reason reason, String message) implements StepOutcome {}

  /**
   * Nobody can tell yet.
   *
   * @param stops whether what needs it waits until somebody can
   */
  record Unknown(Reason reason, String message, boolean stops) implements StepOutcome {
    public Unknown(Reason reason, String message) {
      this(reason, message, false);
    }
  }

  /** Not without somebody's help. */
  record Invalid(Reason reason, String message) implements StepOutcome {}
}
