package dev.hermes.database.access;

import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the log says of statements: which were slow, and never with what parameters, for those are
 * what users wrote. Whoever makes a Jdbi puts it on.
 */
public final class StatementLog implements SqlLogger {
  /** Slow is half a second. */
  public static final StatementLog STANDARD = new StatementLog(Duration.ofMillis(500));

  private static final Logger LOG = LoggerFactory.getLogger(StatementLog.class);
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final int LONGEST = 1000;

  private final long slow;

  public StatementLog(Duration slow) {
    this.slow = slow.toNanos();
  }

  /** The same Jdbi; what it throws does not name parameters from now on either. */
  public Jdbi on(Jdbi jdbi) {
    jdbi.configure(StatementExceptions.class, it -> it.setMessageRendering(MessageRendering.NONE));
    return jdbi.setSqlLogger(this);
  }

  @Override
  public void logAfterExecution(StatementContext context) {
    took(context);
  }

  @Override
  public void logException(StatementContext context, SQLException exception) {
    took(context);
  }

  private void took(StatementContext context) {
    String sql = context.getRenderedSql();
    took(sql == null ? "" : sql, context.getElapsedTime(ChronoUnit.NANOS));
  }

  void took(String sql, long nanos) {
    if (nanos >= slow) {
      String line = SPACE.matcher(sql).replaceAll(" ").strip();
      LOG.warn(
          "slow statement, {} ms: {}",
          Duration.ofNanos(nanos).toMillis(),
          line.length() > LONGEST ? line.substring(0, LONGEST) : line);
    }
  }
}
