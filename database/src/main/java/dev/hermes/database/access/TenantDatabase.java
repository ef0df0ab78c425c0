package dev.hermes.database.access;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlStatements;

/**
 * Runs work as one tenant: one transaction whose first statement binds the tenant, for that
 * transaction alone, so that row-level security shows this tenant's rows and no others. All SQL of
 * the API that touches tenant tables goes through here. Work for the bound tenant joins; work for
 * another one is refused.
 */
public final class TenantDatabase {
  private final Function<TenantId, Place> places;
  private final TransactionWatch watch;
  private final StatementLog log;
  private final Jdbi jdbi;
  private final Shortages shortages = new Shortages();

  /** All tenants in the shared schema of one database. */
  public TenantDatabase(DataSource pool) {
    this(pool, TransactionWatch.NONE, StatementLog.STANDARD);
  }

  /** The same, looked at. */
  public TenantDatabase(DataSource pool, TransactionWatch watch, StatementLog log) {
    this(always(Place.shared(pool)), watch, log);
  }

  /**
   * Each tenant in its own place.
   *
   * @param places may throw what the caller of {@link #inTenant} is to see
   */
  public TenantDatabase(Function<TenantId, Place> places) {
    this(places, TransactionWatch.NONE, StatementLog.STANDARD);
  }

  /** The same, looked at. */
  public TenantDatabase(
      Function<TenantId, Place> places, TransactionWatch watch, StatementLog log) {
    this.places = places;
    this.watch = watch;
    this.log = log;
    this.jdbi = log.on(Jdbi.create(new Bound()));
  }

  private static Function<TenantId, Place> always(Place place) {
    return tenant -> place;
  }

  /** Tells each statement to the watch from now on; before it is used. */
  public TenantDatabase watched(StatementWatch watch) {
    jdbi.configure(
        SqlStatements.class,
        statements ->
            statements.setSqlLogger(new WatchedStatements(watch, statements.getSqlLogger())));
    return this;
  }

  /**
   * Throws what {@link #inTenant} would throw because the tenant has no place now, or because
   * callers wait in vain for connections of that place: for who spends something before the first
   * row.
   */
  public void reach(TenantId tenant) {
    shortages.require(places.apply(tenant).pool());
  }

  /**
   * Whether work of this joins the transaction that {@code outer} begins for the tenant; else it
   * needs one of its own, before or after.
   */
  public boolean joins(TenantDatabase outer, TenantId tenant) {
    return places.apply(tenant).joins(outer.place(tenant));
  }

  /**
   * That of the transaction in scope, if it is one of ours: to look for it again could need a
   * transaction that this one cannot be entered for.
   */
  private Place place(TenantId tenant) {
    if (TenantTransaction.CURRENT.isBound()) {
      TenantTransaction current = TenantTransaction.require();
      if (current.database() == this && current.tenant().equals(tenant)) {
        return current.place();
      }
    }
    return places.apply(tenant);
  }

  /** Runs the work and commits; any exception rolls back and goes to the caller. */
  public <T> T inTenant(TenantId tenant, Work<T> work) {
    if (TenantTransaction.CURRENT.isBound()) {
      return join(tenant, work);
    }
    Place place = places.apply(tenant);
    try (TransactionWatch.Watched watched = watch.begins(tenant)) {
      T result = transaction(tenant, place, work);
      watched.committed();
      return result;
    }
  }

  /**
   * The writes as a transaction that takes one round trip: what binds the tenant goes in front of
   * them and the commit behind them, in one message. Inside a transaction of the tenant they are a
   * part of that.
   */
  public void write(TenantId tenant, Writes writes) {
    if (TenantTransaction.CURRENT.isBound()) {
      join(
          tenant,
          handle -> {
            writes.send(handle);
            return true;
          });
      return;
    }
    Place place = places.apply(tenant);
    try (TransactionWatch.Watched watched = watch.begins(tenant)) {
      message(tenant, place, writes);
      watched.committed();
    }
  }

  private void message(TenantId tenant, Place place, Writes writes) {
    Connection connection = open(place.pool());
    Outcome outcome = Outcome.BROKEN;
    try {
      Binding.requireTransactions(connection);
      TenantTransaction transaction = new TenantTransaction(this, place, tenant, connection);
      Work<Boolean> work = sending(Binding.write(tenant, place), writes);
      ScopedValue.where(TenantTransaction.CURRENT, transaction).call(() -> run(work));
      // nothing is left to do, for the server; the driver learns that from it
      commit(connection);
      outcome = Outcome.DONE;
    } catch (SQLException e) {
      throw new DatabaseException("the connection could not be used", e);
    } catch (JdbiException e) {
      if (Binding.isLeftover(e)) {
        throw new LeftoverContextException();
      }
      outcome = Outcome.OPEN;
      throw e;
    } finally {
      release(place.pool(), connection, outcome);
    }
  }

  private static Work<Boolean> sending(Writes binding, Writes writes) {
    return handle -> {
      writes.sendBehind(binding, handle);
      return true;
    };
  }

  private <T> T transaction(TenantId tenant, Place place, Work<T> work) {
    Connection connection = open(place.pool());
    Outcome outcome = Outcome.BROKEN;
    try {
      Binding.bind(connection, tenant, place, log);
      outcome = Outcome.OPEN;
      TenantTransaction transaction = new TenantTransaction(this, place, tenant, connection);
      T result = ScopedValue.where(TenantTransaction.CURRENT, transaction).call(() -> run(work));
      commit(connection);
      outcome = Outcome.DONE;
      return result;
    } finally {
      release(place.pool(), connection, outcome);
    }
  }

  private enum Outcome {
    BROKEN,
    OPEN,
    DONE
  }

  private <T> T join(TenantId tenant, Work<T> work) {
    TenantTransaction current = TenantTransaction.require();
    if (!current.tenant().equals(tenant)) {
      throw new IllegalStateException(
          "a transaction of one tenant cannot be entered for another; end it first");
    }
    if (current.database() != this && !places.apply(tenant).joins(current.place())) {
      throw new IllegalStateException(
          "a transaction of one database cannot be entered for another; end it first");
    }
    return work.in(current.handle());
  }

  private <T> T run(Work<T> work) {
    try (Handle handle = jdbi.open()) {
      TenantTransaction.require().use(handle);
      return work.in(handle);
    }
  }

  private Connection open(DataSource pool) {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      shortages.noted(pool);
      throw new DatabaseException("no database connection", e);
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
  private static void release(DataSource pool, Connection connection, Outcome outcome) {
    boolean clean = outcome == Outcome.DONE || outcome == Outcome.OPEN && rolledBack(connection);
    try (connection) {
      if (!clean) {
        evict(pool, connection);
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

  private static void evict(DataSource pool, Connection connection) throws SQLException {
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
