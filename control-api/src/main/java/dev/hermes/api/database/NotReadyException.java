package dev.hermes.api.database;

/** A tenant's own database may not be used now; the reason is for the log, not for callers. */
final class NotReadyException extends Exception {
  private static final long serialVersionUID = 1L;

  NotReadyException(String reason) {
    super(reason);
  }
}
