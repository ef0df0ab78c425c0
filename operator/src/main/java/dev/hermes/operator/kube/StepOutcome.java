package dev.hermes.operator.kube;

import dev.hermes.crds.Reason;

/**
 * What a step of a reconciliation came to; it becomes a condition. Waiting ends by an event or a
 * later look, Invalid only by a change that a person makes.
 */
public sealed interface StepOutcome {
  Reason reason();

  String message();

  default boolean isReady() {
    return this instanceof Ready;
  }

  /** Done. */
  record Ready(Reason reason, String message) implements StepOutcome {}

  /** Not yet. */
  record Waiting(Reason reason, String message) implements StepOutcome {}

  /** Not without somebody's help. */
  record Invalid(Reason reason, String message) implements StepOutcome {}
}
