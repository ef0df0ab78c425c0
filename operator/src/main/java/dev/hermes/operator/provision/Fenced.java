package dev.hermes.operator.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Transactions of the operator's role. A write gets the leader's epoch to hand on; when the
 * database answers that a newer leader has taken over, this process ends at once.
 */
public final class Fenced {
  private static final String OLD_LEADER = "HX001";

  private final Jdbi jdbi;
  private final LongSupplier epoch;
  private final Runnable onOldLeader;

  /**
   * @param dataSource connections of hermes_provisioner, auto-commit on: Jdbi begins the
   *     transactions
   * @param epoch 0 when there is no leader election
   */
  public Fenced(DataSource dataSource, LongSupplier epoch, Runnable onOldLeader) {
    this.jdbi = Jdbi.create(() -> beginning(dataSource.getConnection()));
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

  /** A transaction that writes. */
  interface Write<T> {
    T in(Handle handle, long fence) throws SQLException;
  }

  /** A transaction that reads. */
  interface Read<T> {
    T in(Handle handle) throws SQLException;
  }

  <T> T write(Write<T> work) {
    long fence = epoch.getAsLong();
    try {
      return jdbi.inTransaction(handle -> work.in(handle, fence));
    } catch (SQLException e) {
      throw new SqlFailure(e);
    } catch (RuntimeException e) {
      if (state(e).filter(OLD_LEADER::equals).isPresent()) {
        onOldLeader.run();
      }
      throw e;
    }
  }

  <T> T read(Read<T> work) {
    try {
      return jdbi.inTransaction(work::in);
    } catch (SQLException e) {
      throw new SqlFailure(e);
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
