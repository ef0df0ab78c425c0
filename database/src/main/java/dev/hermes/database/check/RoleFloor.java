package dev.hermes.database.check;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Refuses a connection whose role could walk around row-level security: a process that serves is
 * given no such role, whatever its configuration says.
 */
public final class RoleFloor {
  private RoleFloor() {}

  public static void verify(Connection connection) throws SQLException {
    List<String> reasons = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(MetaCheck.resource("role-floor.sql"))) {
      while (row.next()) {
        reasons.add(row.getString(1) + " " + row.getString(2));
      }
    }
    if (!reasons.isEmpty()) {
      throw new NotServingException(
          "the database role is stronger than this process may have: "
              + String.join(", ", reasons)
              + "; connect as one of the roles that bootstrap.sql makes for serving");
    }
  }
}
