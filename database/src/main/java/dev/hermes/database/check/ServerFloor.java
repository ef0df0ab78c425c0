package dev.hermes.database.check;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;

/**
 * Refuses a PostgreSQL without the fix of CVE-2026-14666, where a cached plan outlives a change of
 * role and shows other tenants' rows.
 */
public final class ServerFloor {
  private static final Map<Integer, Integer> FLOORS = Map.of(15, 19, 16, 15, 17, 11, 18, 6);
  private static final int OLDEST = 15;
  private static final int NEWEST = 18;

  private ServerFloor() {}

  public static void verify(Connection connection) throws SQLException {
    Optional<Violation> violation = violation(connection);
    if (violation.isPresent()) {
      throw new NotServingException(violation.get().detail());
    }
  }

  static Optional<Violation> violation(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select current_setting('server_version_num')::int")) {
      row.next();
      int number = row.getInt(1);
      return refusal(number)
          .map(detail -> new Violation("server-version", version(number), detail));
    }
  }

  /** Why this version is too old, if it is; as in server_version_num, 180006 is 18.6. */
  static Optional<String> refusal(int number) {
    int major = number / 10_000;
    int minor = number % 10_000;
    boolean enough = major > NEWEST || major >= OLDEST && minor >= FLOORS.getOrDefault(major, 0);
    return enough
        ? Optional.empty()
        : Optional.of(
            "PostgreSQL "
                + version(number)
                + " lacks the fix of CVE-2026-14666 (row-level security and cached plans);"
                + " upgrade to at least 18.6, 17.11, 16.15 or 15.19");
  }

  private static String version(int number) {
    return number / 10_000 + "." + number % 10_000;
  }
}
