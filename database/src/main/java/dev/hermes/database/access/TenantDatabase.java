package dev.hermes.database.access;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Runs work as one tenant: one transaction whose first statement binds the tenant, for that
 * transaction alone, so that row-level security shows this tenant's rows and no others. All SQL of
 * the API that touches tenant tables goes through here. Work for the bound tenant joins; work for
 * another one is refused.
 */
public final class TenantDatabase {
  // Reads what the connection still carried and binds the tenant, in this order, in one round trip.
  private static final String BIND =
      """
      with before as materialized (select current_setting('app.current_tenant', true) as tenant)
      select tenant, set_config('app.current_tenant', ?, true) from before\
      """;

  private final DataSource pool;
  private final Jdbi jdbi = Jdbi.create(new Bound());

  /**
   * @param pool of role hermes_app with auto-commit off, see {@link Pools#transactional}
   */
  public TenantDatabase(DataSource pool) {
    this.pool = pool;
  }

  /** Runs the work and commits; any exception rolls back and goes to the caller. */
  public <T> T inTenant(TenantId tenant, Work<T> work) {
    if (TenantTransaction.CURRENT.isBound()) {
      return join(tenant, work);
    }
    Connection connection = open();
    Outcome outcome = Outcome.BROKEN;
    try {
      bind(connection, tenant);
      outcome = Outcome.OPEN;
      TenantTransaction transaction = new TenantTransaction(tenant, connection);
      T result = ScopedValue.where(TenantTransaction.CURRENT, transaction).call(() -> run(work));
      commit(connection);
      outcome = Outcome.DONE;
      return result;
    } finally {
      release(connection, outcome);
    }
  }

  private enum Outcome {
    BROKEN,
    OPEN,
    DONE
  }

  private static <T> T join(TenantId tenant, Work<T> work) {
    TenantTransaction current = TenantTransaction.require();
    if (!current.tenant().equals(tenant)) {
      throw new IllegalStateException(
          "a transaction of one tenant cannot be entered for another; end it first");
    }
    return work.in(current.handle());
  }

  private <T> T run(Work<T> work) {
    try (Handle handle = jdbi.open()) {
      TenantTransaction.require().use(handle);
      return work.in(handle);
    }
  }

  private Connection open() {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      throw new DatabaseException("no database connection", e);
    }
  }

  private static void bind(Connection connection, TenantId tenant) {
    String before;
    try (PreparedStatement statement = connection.prepareStatement(BIND)) {
      if (connection.getAutoCommit()) {
        throw new IllegalStateException("the pool of TenantDatabase must have auto-commit off");
      }
      statement.setString(1, tenant.toString());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        before = row.getString(1);
      }
    } catch (SQLException e) {
      throw new DatabaseException("the tenant could not be bound", e);
    }
    if (before != null && !before.isEmpty()) {
      throw new LeftoverContextException();
    }
  }

  private static void commit(Connection connection) {
    try {
      connection.commit();
    } catch (SQLException e) {
      throw new DatabaseException("the transaction could not be committed", e);
    }
  }

  /** Gives the connection back clean, or throws it away when it may not be. */
  private void release(Connection connection, Outcome outcome) {
    boolean clean = outcome == Outcome.DONE || outcome == Outcome.OPEN && rolledBack(connection);
    try (connection) {
      if (!clean) {
        evict(connection);
      }
    } catch (SQLException e) {
      throw new DatabaseException("the connection could not be given back", e);
    }
  }

  private static boolean rolledBack(Connection connection) {
    try {
      connection.rollback();
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  private void evict(Connection connection) throws SQLException {
    if (pool instanceof HikariDataSource hikari) {
      hikari.evictConnection(connection);
    } else {
      connection.abort(Runnable::run);
    }
  }

  /** Jdbi on the connection in scope; closing a handle leaves the connection to us. */
  private static final class Bound implements ConnectionFactory {
    @Override
    public Connection openConnection() {
      return TenantTransaction.require().connection();
    }

    @Override
    public void closeConnection(Connection connection) {
      // inTenant does, after the commit.
    }
  }
}
