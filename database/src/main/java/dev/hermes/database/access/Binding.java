package dev.hermes.database.access;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;

/**
 * The first statement of a tenant's transaction: it binds the tenant for that transaction alone,
 * and nothing is done on a connection that carries anything of one before.
 */
final class Binding {
  // Reads what the connection still carried and binds the tenant, in this order, in one round
  // trip. A cursor WITH HOLD keeps the rows of the tenant that opened it beyond the end of its
  // transaction.
  private static final String BEFORE =
      "with before as materialized"
          + " (select current_setting('app.current_tenant', true) as tenant)\n";
  private static final String HELD =
      "exists (select from pg_catalog.pg_cursors c where c.is_holdable)";

  private static final String BIND =
      BEFORE + "select tenant, set_config('app.current_tenant', ?, true), " + HELD + " from before";

  // The tenant's schema alone: a table that it lacks must not be found in the shared one.
  private static final String BIND_IN_SCHEMA =
      BIND.replace(" from before", ", set_config('search_path', ?, true) from before");

  // To read a setting that nobody has is an error that names it: what is behind it in the same
  // message is not done then. A row that told of it would be read when all was done.
  private static final String LEFTOVER = "app.connection_carries_another_tenant";

  private static final String BIND_OR_FAIL =
      BEFORE
          + ("select case when tenant <> '' or " + HELD)
          + (" then current_setting('" + LEFTOVER + "') end,")
          + " set_config('app.current_tenant', :bound_tenant, true) from before";

  private static final String BIND_IN_SCHEMA_OR_FAIL =
      BIND_OR_FAIL.replace(
          " from before", ", set_config('search_path', :bound_schema, true) from before");

  private Binding() {}

  /** Throws when the connection was not clean; it is to be thrown away then. */
  static void bind(Connection connection, TenantId tenant, Place place, StatementLog log) {
    long begun = System.nanoTime();
    String before;
    boolean held;
    try (PreparedStatement statement =
        connection.prepareStatement(place.isShared() ? BIND : BIND_IN_SCHEMA)) {
      requireTransactions(connection);
      statement.setString(1, tenant.toString());
      if (!place.isShared()) {
        statement.setString(2, place.schema());
      }
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        before = row.getString(1);
        held = row.getBoolean(3);
      }
      log.took(BIND, System.nanoTime() - begun);
    } catch (SQLException e) {
      throw new DatabaseException("the tenant could not be bound", e);
    }
    if (held || before != null && !before.isEmpty()) {
      throw new LeftoverContextException();
    }
  }

  /** The same as a write that others follow; it fails when the connection is not clean. */
  static Writes write(TenantId tenant, Place place) {
    Writes writes = new Writes();
    return place.isShared()
        ? writes.add(BIND_OR_FAIL, Map.of("bound_tenant", tenant.toString()))
        : writes.add(
            BIND_IN_SCHEMA_OR_FAIL,
            Map.of("bound_tenant", tenant.toString(), "bound_schema", place.schema()));
  }

  /** Whether it was {@link #write} that failed, for what the connection carried. */
  static boolean isLeftover(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException e && String.valueOf(e.getMessage()).contains(LEFTOVER)) {
        return true;
      }
    }
    return false;
  }

  static void requireTransactions(Connection connection) throws SQLException {
    if (connection.getAutoCommit()) {
      throw new IllegalStateException("the pool of TenantDatabase must have auto-commit off");
    }
  }
}
