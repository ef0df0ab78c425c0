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
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * Proves for one tenant, as a role that row-level security binds, that the wall stands: nothing is
 * seen without a context, exactly the own canary with it, and nothing can be written for another.
 */
public final class IsolationSelfTest {
  private static final String REFUSED = "42501";

  /** Sent together, for one round trip; each sees what the one before it set. */
  private static final String LOOKS =
      """
      select tenant_id from %1$s.isolation_canary limit 3;
      select set_config('app.current_tenant', ?, true);
      select tenant_id from %1$s.isolation_canary limit 3\
      """;

  private static final String INSERT = "insert into %s.isolation_canary (tenant_id) values (?)";
  private static final Pattern SCHEMA = Pattern.compile("hermes(_t_[0-9a-f]{32})?");

  private final DataSource probe;

  /**
   * @param probe connections of hermes_probe
   */
  public IsolationSelfTest(DataSource probe) {
    this.probe = probe;
  }

  /**
   * What failed, in words; empty when the wall stands.
   *
   * @param schema where the tenant's content is
   */
  public Optional<String> failure(UUID tenantId, String schema) {
    if (!SCHEMA.matcher(schema).matches()) {
      throw new IllegalArgumentException("not a schema of ours: " + schema);
    }
    try (Connection connection = probe.getConnection()) {
      connection.setAutoCommit(false);
      try {
        return judge(connection, tenantId, schema);
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      throw new SqlFailure(e);
    }
  }

  private static Optional<String> judge(Connection connection, UUID tenantId, String schema)
      throws SQLException {
    try (PreparedStatement looks = connection.prepareStatement(LOOKS.formatted(schema))) {
      looks.setString(1, tenantId.toString());
      looks.execute();
      if (!tenants(looks).isEmpty()) {
        return Optional.of("rows are visible without a tenant context");
      }
      next(looks); // the context's own result
      next(looks);
      if (!tenants(looks).equals(List.of(tenantId))) {
        return Optional.of("the tenant does not see exactly its own canary");
      }
    }
    return insertForAnother(connection, schema);
  }

  private static Optional<String> insertForAnother(Connection connection, String schema)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT.formatted(schema))) {
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

  private static void next(PreparedStatement looks) throws SQLException {
    if (!looks.getMoreResults()) {
      throw new IllegalStateException("the self-test got fewer answers than it asked");
    }
  }

  private static List<UUID> tenants(PreparedStatement looks) throws SQLException {
    List<UUID> tenants = new ArrayList<>();
    try (ResultSet rows = looks.getResultSet()) {
      while (rows.next()) {
        tenants.add(rows.getObject(1, UUID.class));
      }
    }
    return tenants;
  }
}
