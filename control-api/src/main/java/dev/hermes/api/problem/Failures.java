package dev.hermes.api.problem;

import dev.hermes.database.access.DatabaseException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place that turns an exception into a {@link Failure}. */
public final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /** Says to the client what it may know and logs the rest under the request's id. */
  public static Failure of(Throwable exception, String requestId) {
    if (exception instanceof ApiException api) {
      return api.failure();
    }
    if (isDatabaseAway(exception)) {
      LOG.warn("{}: the database is away: {}", requestId, exception.toString());
      return databaseAway();
    }
    LOG.error("{}: unexpected", requestId, exception);
    return Failure.internal();
  }

  public static Failure databaseAway() {
    return Failure.unavailable(
            "database_unavailable", "The service cannot reach its database now. Try again soon.")
        .retryAfter(2);
  }

  /** Whether PostgreSQL is away, starting, stopping or full, so that a later try may succeed. */
  public static boolean isDatabaseAway(Throwable exception) {
    for (@Nullable Throwable cause = exception; cause != null; cause = cause.getCause()) {
      if (cause instanceof DatabaseException database && database.unavailable()
          || cause instanceof SQLException sql && isAway(sql)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAway(SQLException exception) {
    if (exception instanceof SQLTransientException
        || exception instanceof SQLRecoverableException) {
      return true;
    }
    String state = exception.getSQLState() == null ? "" : exception.getSQLState();
    return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
  }
}
