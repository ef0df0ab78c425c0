package dev.hermes.database.functions;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Calls SQL as one of the roles the processes use, one statement a transaction. */
record Caller(TestDatabase database, String role) {

  List<Map<String, Object>> rows(String sql, Object... arguments) {
    try (Connection connection = database.connect(role)) {
      return rows(connection, sql, arguments);
    } catch (SQLException e) {
      throw new SqlFailed(e);
    }
  }

  /** Under a tenant's context, as the API calls. */
  List<Map<String, Object>> inTenant(UUID tenant, String sql, Object... arguments) {
    try (Connection connection = database.connect(role)) {
      connection.setAutoCommit(false);
      rows(connection, "select set_config('app.current_tenant', ?, true)", tenant.toString());
      List<Map<String, Object>> rows = rows(connection, sql, arguments);
      connection.commit();
      return rows;
    } catch (SQLException e) {
      throw new SqlFailed(e);
    }
  }

  Object value(String sql, Object... arguments) {
    return rows(sql, arguments).getFirst().values().iterator().next();
  }

  private static List<Map<String, Object>> rows(
      Connection connection, String sql, Object... arguments) throws SQLException {
    List<Map<String, Object>> rows = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        Object argument =
            arguments[i] instanceof String[] array
                ? connection.createArrayOf("text", array)
                : arguments[i];
        statement.setObject(i + 1, argument);
      }
      if (statement.execute()) {
        try (ResultSet row = statement.getResultSet()) {
          while (row.next()) {
            Map<String, Object> values = new LinkedHashMap<>();
            for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
              values.put(row.getMetaData().getColumnLabel(i), row.getObject(i));
            }
            rows.add(values);
          }
        }
      }
    }
    return rows;
  }

  static final class SqlFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String state;

    SqlFailed(SQLException cause) {
      super(cause.getMessage(), cause);
      this.state = cause.getSQLState();
    }

    String state() {
      return state;
    }
  }
}
