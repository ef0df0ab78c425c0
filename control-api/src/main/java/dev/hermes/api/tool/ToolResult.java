package dev.hermes.api.tool;

import dev.hermes.api.receipt.FinishedReceipt.Status;
import java.util.Optional;

/**
 * What came of a call, and what its receipt says.
 *
 * @param sandbox id of the one that ran it; empty when none did
 */
record ToolResult(
    ToolOutcome outcome,
    Status status,
    String sandbox,
    Optional<Integer> exitCode,
    boolean truncated) {

  /** How the text begins of a call that did not do what was asked. */
  static final String ERROR = "error: ";

  static ToolResult refused(ToolOutcome outcome) {
    return new ToolResult(outcome, Status.REFUSED, "", Optional.empty(), false);
  }

  /** Without an exit code. */
  static ToolResult of(ToolOutcome.Answered outcome, String sandbox) {
    return new ToolResult(
        outcome,
        outcome.failed() ? Status.FAILED : Status.SUCCEEDED,
        sandbox,
        Optional.empty(),
        false);
  }

  /** It did not do what was asked, and the model is told why. */
  static ToolResult error(String message, String sandbox) {
    return of(new ToolOutcome.Answered(ERROR + message, true), sandbox);
  }
}
