package dev.hermes.api.job;

import java.util.Locale;

/** Where a job stands, as its owner sees it. */
enum JobStatus {
  /** It waits for a sandbox. */
  QUEUED,
  RUNNING,
  /** Exit code 0. */
  SUCCEEDED,
  /** Another exit code, killed, or it could not be started. */
  FAILED,
  /** Its time was over. */
  TIMED_OUT,
  CANCELLED,
  /** Its sandbox ended before it, or nobody knows whether it was started: it is not run again. */
  LOST;

  boolean isLive() {
    return this == QUEUED || this == RUNNING;
  }

  String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  static JobStatus read(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }
}
