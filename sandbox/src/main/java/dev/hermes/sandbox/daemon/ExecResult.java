package dev.hermes.sandbox.daemon;

import java.time.Duration;
import java.util.Optional;

/**
 * What a piece of code did.
 *
 * @param result text of the last expression, as a Python prompt would print it
 * @param error what stopped it: an exception, the time limit, the process limit
 * @param exitCode 0 when it ended well; −1 when a signal ended it
 * @param truncated whether output was cut at the policy's limit
 * @param duration as the daemon measured it
 */
public record ExecResult(
    String stdout,
    String stderr,
    Optional<String> result,
    Optional<ExecError> error,
    int exitCode,
    boolean truncated,
    Duration duration) {

  /** Name, value and traceback of an error; the name {@code TimeoutError} is the time limit. */
  public record ExecError(String name, String value, String traceback) {
    public boolean isTimeout() {
      return name.equals("TimeoutError");
    }
  }
}
