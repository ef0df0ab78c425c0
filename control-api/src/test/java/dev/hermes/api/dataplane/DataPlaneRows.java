package dev.hermes.api.dataplane;

import dev.hermes.database.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Looks into rows that no route shows. */
final class DataPlaneRows {
  private DataPlaneRows() {}

  static String podName(TestDatabase database, String lease) {
    try (Connection connection = database.superuser();
        PreparedStatement statement =
            connection.prepareStatement(
                "select pod_name from hermes.sandbox_leases where lease_id = ?")) {
      statement.setObject(1, UUID.fromString(lease));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Actor, action, object, outcome and detail of a tenant's runs. */
  static List<String> audited(TestDatabase database, String tenant) {
    List<String> rows = new ArrayList<>();
    try (Connection connection = database.superuser();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                select concat_ws(' ', actor, action, object, outcome, detail->>'receipt',
                                 detail->>'plane', detail->>'input_bytes')
                from hermes.audit_log where tenant_id = ? and action = 'tool.execute'
                """)) {
      statement.setObject(1, UUID.fromString(tenant));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          rows.add(row.getString(1));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static void execute(TestDatabase database, String sql) {
    try (Connection connection = database.superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
