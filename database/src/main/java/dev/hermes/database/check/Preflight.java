package dev.hermes.database.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/** Everything a process asks before it serves, in the order in which the answers make sense. */
public final class Preflight {
  private Preflight() {}

  /** Throws {@link NotServingException} unless this process may serve on this connection. */
  public static void verify(Connection connection) throws SQLException {
    ServerFloor.verify(connection);
    RoleFloor.verify(connection);
    SchemaVersion.verify(connection);
    walls(connection);
  }

  /** The meta-check alone, as an exception: what the migration Job ends with. */
  public static void walls(Connection connection) throws SQLException {
    List<Violation> violations = MetaCheck.run(connection);
    if (!violations.isEmpty()) {
      throw new NotServingException(
          "the isolation of tenants is not as it must be, nothing is served: "
              + violations.stream().map(Violation::toString).collect(Collectors.joining("; ")));
    }
  }
}
