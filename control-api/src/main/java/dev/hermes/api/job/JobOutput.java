package dev.hermes.api.job;

import java.util.Optional;

/**
 * What a program said.
 *
 * @param exitCode as a shell tells it: 128 and the signal's number when one ended it
 * @param stdout the end of it, as much as the policy keeps
 * @param stdoutTruncated whether its beginning is not there
 */
record JobOutput(
    Optional<Integer> exitCode,
    Optional<String> stdout,
    Optional<String> stderr,
    boolean stdoutTruncated,
    boolean stderrTruncated) {

  static JobOutput none() {
    return new JobOutput(Optional.empty(), Optional.empty(), Optional.empty(), false, false);
  }

  JobOutput with(int code) {
    return new JobOutput(Optional.of(code), stdout, stderr, stdoutTruncated, stderrTruncated);
  }

  /** Both streams, for the receipt's hash. */
  String text() {
    return stdout.orElse("") + stderr.orElse("");
  }

  boolean truncated() {
    return stdoutTruncated || stderrTruncated;
  }
}
