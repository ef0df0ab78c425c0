package dev.hermes.sandbox.daemon;

import java.util.Optional;

/**
 * What a program did.
 *
 * @param exitCode −1 when a signal ended it or the stream ended before it
 * @param status as the daemon words it: {@code exit status 0}, {@code signal: killed}
 * @param error Connect code and message when the stream ended with one, as {@code
 *     deadline_exceeded: …}
 */
public record ProcessResult(
    String stdout,
    String stderr,
    int exitCode,
    String status,
    boolean truncated,
    Optional<StreamError> error) {
  /** How a Connect stream says that it failed. */
  public record StreamError(String code, String message) {}
}
