package dev.hermes.database.check;

/**
 * The database is not one this process may serve on; the message says what to do. It is the cause
 * of a failed start, or of a process that is not ready.
 */
public final class NotServingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotServingException(String message) {
    super(message);
  }
}
