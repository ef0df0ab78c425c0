package dev.hermes.operator.provision;

import dev.hermes.database.id.UuidV7;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Proves for one tenant, as a role that row-level security binds, that the wall stands: nothing is
 * seen without a context, exactly the own canary with it, and nothing can be written for another.
 */
public final class IsolationSelfTest {
  private static final String REFUSED = "42501";

  private final DataSource probe;

  /**
   * @param probe connections of hermes_probe
   */
  public IsolationSelfTest(DataSource probe) {
    this.probe = probe;
  }

  /** What failed, in words; empty when the wall stands. */
  public Optional<String> failure(UUID tenantId) {
    try (Connection connection = probe.getConnection()) {
      connection.setAutoCommit(false);
      try {
        return judge(connection, tenantId);
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private static Optional<String> judge(Connection connection, UUID tenantId) throws SQLException {
    if (!canaries(connection).isEmpty()) {
      return Optional.of("rows are visible without a tenant context");
    }
    context(connection, tenantId);
    if (!canaries(connection).equals(List.of(tenantId))) {
      return Optional.of("the tenant does not see exactly its own canary");
    }
    return insertForAnother(connection);
  }

  private static Optional<String> insertForAnother(Connection connection) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into hermes.isolation_canary (tenant_id) values (?)")) {
      insert.setObject(1, UuidV7.next());
      insert.executeUpdate();
      return Optional.of("a row of another tenant could be written");
    } catch (SQLException e) {
      if (REFUSED.equals(e.getSQLState())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static List<UUID> canaries(Connection connection) throws SQLException {
    List<UUID> tenants = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement("select tenant_id from hermes.isolation_canary limit 3");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        tenants.add(rows.getObject(1, UUID.class));
      }
    }
    return tenants;
  }

  private static void context(Connection connection, UUID tenantId) throws SQLException {
    try (PreparedStatement set =
        connection.prepareStatement("select set_config('app.current_tenant', ?, true)")) {
      set.setString(1, tenantId.toString());
      set.execute();
    }
  }
}
