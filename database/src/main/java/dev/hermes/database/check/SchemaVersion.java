package dev.hermes.database.check;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Refuses a schema older than the one this jar was built with. A newer one is served: migrations
 * only add until no older process is left.
 */
public final class SchemaVersion {
  /** The newest migration of this jar. */
  public static final int REQUIRED = 25;

  private static final String INSTALLED =
      """
      select max(version::int) from flyway.flyway_schema_history
       where success and version is not null\
      """;
  private static final String UNDEFINED_TABLE = "42P01";

  private SchemaVersion() {}

  /** The version the database has; 0 when it was never migrated. */
  public static int installed(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(INSTALLED)) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      if (UNDEFINED_TABLE.equals(e.getSQLState())) {
        return 0;
      }
      throw e;
    }
  }

  public static void verify(Connection connection) throws SQLException {
    verify(connection, REQUIRED);
  }

  /** Refuses a schema older than {@code required}. */
  public static void verify(Connection connection, int required) throws SQLException {
    int installed = installed(connection);
    if (installed < required) {
      throw new NotServingException(
          "the schema is at version "
              + installed
              + " and this process needs "
              + required
              + "; wait for the migration Job, or run it");
    }
  }
}
