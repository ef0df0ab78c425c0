package dev.hermes.operator.provision;

import dev.hermes.database.access.StatementLog;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Statements and transactions of the operator's role. A write gets the leader's epoch to hand on;
 * when the database answers that a newer leader has taken over, this process ends at once.
 */
public final class Fenced {
  private static final String OLD_LEADER = "HX001";

  private final Jdbi jdbi;
  private final LongSupplier epoch;
  private final Runnable onOldLeader;

  /**
   * @param dataSource connections of hermes_provisioner, auto-commit on: Jdbi begins the
   *     transactions, and a single statement is one by itself
   * @param epoch 0 when there is no leader election
   */
  public Fenced(DataSource dataSource, LongSupplier epoch, Runnable onOldLeader) {
    this.jdbi = StatementLog.STANDARD.on(Jdbi.create(() -> beginning(dataSource.getConnection())));
    this.epoch = epoch;
    this.onOldLeader = onOldLeader;
  }

  /**
   * Jdbi takes a connection without auto-commit for one in somebody's transaction, and never
   * commits.
   */
  private static Connection beginning(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    return connection;
  }

  /** Work that writes. */
  interface Write<T> {
    T in(Handle handle, long fence) throws SQLException;
  }

  /** Work that reads. */
  interface Read<T> {
    T in(Handle handle) throws SQLException;
  }

  /** Several statements that write, in one transaction. */
  <T> T write(Write<T> work) {
    return fenced(fence -> jdbi.inTransaction(handle -> work.in(handle, fence)));
  }

  /** One statement that writes: a transaction by itself, in one round trip. */
  <T> T call(Write<T> statement) {
    return fenced(fence -> jdbi.withHandle(handle -> statement.in(handle, fence)));
  }

  /** One statement that reads, in one round trip. */
  <T> T ask(Read<T> statement) {
    try {
      return jdbi.withHandle(statement::in);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private interface WithFence<T> {
    T run(long fence) throws SQLException;
  }

  private <T> T fenced(WithFence<T> work) {
    long fence = epoch.getAsLong();
    try {
      return work.run(fence);
    } catch (SQLException e) {
      throw new SqlFailure(e);
    } catch (RuntimeException e) {
      if (state(e).filter(OLD_LEADER::equals).isPresent()) {
        onOldLeader.run();
      }
      throw e;
    }
  }

  static Optional<String> state(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return Optional.ofNullable(sql.getSQLState());
      }
    }
    return Optional.empty();
  }
}
