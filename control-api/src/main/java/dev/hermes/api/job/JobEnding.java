package dev.hermes.api.job;

import java.util.Optional;

/**
 * How a job ended.
 *
 * @param reason for its owner, a sentence; empty where the exit code says it
 */
record JobEnding(JobStatus status, Optional<String> reason, JobOutput output, int leftOut) {

  /** An end without anything that the program said. */
  static JobEnding of(JobStatus status, String reason) {
    return new JobEnding(status, Optional.of(reason), JobOutput.none(), 0);
  }
}
