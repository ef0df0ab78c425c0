package dev.hermes.api.receipt;

import java.time.Instant;
import java.util.Optional;

/**
 * How a tool call ended.
 *
 * @param sandbox id of the sandbox that ran it at last; empty when none did
 * @param output what the model got, or the body of the answer that passed over the data plane
 */
public record FinishedReceipt(
    Receipt receipt,
    Status status,
    String sandbox,
    Content output,
    Optional<Integer> exitCode,
    long durationMillis,
    boolean truncated,
    Instant finishedAt) {

  /** The status a finished receipt may have. */
  public enum Status {
    SUCCEEDED,
    FAILED,
    TIMEOUT,
    REFUSED;

    /** The name in the database and in metrics. */
    public String wire() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
