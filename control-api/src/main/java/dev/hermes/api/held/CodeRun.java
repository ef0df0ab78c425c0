package dev.hermes.api.held;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.crds.Tool;
import dev.hermes.sandbox.daemon.ExecResult;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What an app wants to run in its sandbox, and what came of it. */
final class CodeRun {
  private CodeRun() {}

  /** Code for the sandbox's live Python context, or a command line. */
  record Wish(HeldSandbox sandbox, Tool tool, String code, Duration timeout) {}

  /**
   * The outcome of a run that took place.
   *
   * @param result the value of a last expression in Python, as text
   * @param exitCode -1 when a signal or the time limit ended it
   * @param truncated whether output was cut at the policy's bound
   * @param receiptId of the execution receipt
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Outcome(
      String object,
      String stdout,
      String stderr,
      @Nullable String result,
      @JsonProperty("exit_code") int exitCode,
      @Nullable Failure error,
      boolean truncated,
      @JsonProperty("duration_ms") long durationMillis,
      @JsonProperty("receipt_id") String receiptId) {

    static Outcome of(ExecResult ran, UUID receipt) {
      return new Outcome(
          "sandbox.execution",
          ran.stdout(),
          ran.stderr(),
          ran.result().orElse(null),
          ran.exitCode(),
          ran.error()
              .map(error -> new Failure(error.name(), error.value(), error.traceback()))
              .orElse(null),
          ran.truncated(),
          ran.duration().toMillis(),
          receipt.toString());
    }
  }

  /** An exception of the code, or the limit that ended it. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Failure(String name, String value, String traceback) {}
}
