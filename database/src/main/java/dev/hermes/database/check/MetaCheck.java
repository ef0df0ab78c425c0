package dev.hermes.database.check;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Proves every wall of the schema from the catalog alone, so any role may run it: after each
 * migration, at the start of both processes, and hourly for {@code hermes_rls_violations}. The
 * rules are SQL files beside this class.
 */
public final class MetaCheck {
  private static final List<String> RULES =
      List.of(
          "tables.sql", "policies.sql", "grants.sql", "functions.sql", "roles.sql", "schemas.sql");

  private MetaCheck() {}

  /** What is wrong; empty when all is well. Call it with no tenant bound. */
  public static List<Violation> run(Connection connection) throws SQLException {
    return run(connection, Reviewed.load());
  }

  static List<Violation> run(Connection connection, Reviewed reviewed) throws SQLException {
    List<Violation> found = new ArrayList<>();
    ServerFloor.violation(connection).ifPresent(found::add);
    String scope = resource("scope.sql");
    for (String rules : RULES) {
      found.addAll(query(connection, scope + resource(rules), reviewed));
    }
    return List.copyOf(found);
  }

  static String resource(String name) {
    try (InputStream in = MetaCheck.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name, e);
    }
  }

  private static List<Violation> query(Connection connection, String sql, Reviewed reviewed)
      throws SQLException {
    List<Violation> found = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", reviewed.kinds()));
      statement.setArray(2, connection.createArrayOf("text", reviewed.objects()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(new Violation(row.getString(1), row.getString(2), row.getString(3)));
        }
      }
    }
    return found;
  }
}
