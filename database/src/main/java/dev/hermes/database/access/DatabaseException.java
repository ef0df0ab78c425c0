package dev.hermes.database.access;

import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;

/**
 * A transaction could not be begun or ended. The API answers 503 when {@link #unavailable()}, for
 * then a later try may succeed.
 */
public final class DatabaseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean unavailable;

  DatabaseException(String message, SQLException cause) {
    super(message, cause);
    this.unavailable = unavailable(cause);
  }

  /** Whether PostgreSQL is away, starting, stopping or full, and not the statement at fault. */
  public boolean unavailable() {
    return unavailable;
  }

  /** Whether this says that PostgreSQL is away, starting, stopping or full. */
  public static boolean unavailable(SQLException cause) {
    if (cause instanceof SQLTransientException || cause instanceof SQLRecoverableException) {
      return true;
    }
    String state = cause.getSQLState() == null ? "" : cause.getSQLState();
    return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
  }
}
