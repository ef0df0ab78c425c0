package dev.hermes.database.access;

import java.sql.SQLException;
import java.time.temporal.ChronoUnit;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;

/** Jdbi's hook around statements, as a watch sees them; passes them on to the hook before it. */
record WatchedStatements(StatementWatch watch, SqlLogger next) implements SqlLogger {
  @Override
  public void logBeforeExecution(StatementContext context) {
    next.logBeforeExecution(context);
  }

  @Override
  public void logAfterExecution(StatementContext context) {
    next.logAfterExecution(context);
    tell(context);
  }

  @Override
  public void logException(StatementContext context, SQLException exception) {
    next.logException(context, exception);
    tell(context);
  }

  private void tell(StatementContext context) {
    String sql = Writes.told(context);
    watch.took(
        TenantTransaction.require().tenant(),
        sql == null ? "" : sql,
        context.getElapsedTime(ChronoUnit.NANOS));
  }
}
