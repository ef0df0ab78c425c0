package dev.hermes.database.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schemas of tenants to the version of the shared one. Each is a transaction by itself,
 * which bounds the locks it holds, and notes the version it reached with the change itself: what
 * died in between is gone on with by the next run.
 */
final class TenantSchemas {
  private static final Logger LOG = LoggerFactory.getLogger(TenantSchemas.class);

  private final Connection connection;
  private final List<ContentScript> scripts;

  /**
   * @param scripts by version, those the shared schema has had
   */
  TenantSchemas(Connection connection, List<ContentScript> scripts) {
    this.connection = connection;
    this.scripts = scripts;
  }

  private record Behind(UUID tenant, String schema, int version) {}

  /** Throws at the end, naming them, when some could not be migrated. */
  void migrate(int target) throws SQLException {
    List<String> failed = new ArrayList<>();
    List<Behind> behind = behind(target);
    for (Behind schema : behind) {
      try {
        migrate(schema, target);
      } catch (SQLException e) {
        LOG.error(
            "schema {} stays at version {}: {}", schema.schema(), schema.version(), e.getMessage());
        failed.add(schema.schema());
      }
    }
    if (!failed.isEmpty()) {
      throw new IllegalStateException(
          failed.size()
              + " schemas of tenants are not at version "
              + target
              + ", and the API does not serve those tenants: "
              + String.join(", ", failed)
              + "; cure what is logged above and run the migration again");
    }
    LOG.info("{} schemas of tenants are migrated to version {}", behind.size(), target);
  }

  private List<Behind> behind(int target) throws SQLException {
    List<Behind> behind = new ArrayList<>();
    try (PreparedStatement query =
        connection.prepareStatement(
            "select tenant_id, schema, version from layout.tenant_schemas"
                + " where version < ? order by schema")) {
      query.setInt(1, target);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          behind.add(new Behind(row.getObject(1, UUID.class), row.getString(2), row.getInt(3)));
        }
      }
    }
    return behind;
  }

  private void migrate(Behind schema, int target) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement();
        PreparedStatement note =
            connection.prepareStatement(
                "update layout.tenant_schemas set version = ? where tenant_id = ?");
        PreparedStatement login =
            connection.prepareStatement("select provision.open_to_login(?)")) {
      statement.execute("set local role hermes_owner");
      for (ContentScript script : scripts) {
        if (script.version() > schema.version()) {
          statement.execute(script.in(schema.schema()));
        }
      }
      login.setObject(1, schema.tenant());
      login.execute();
      note.setInt(1, target);
      note.setObject(2, schema.tenant());
      note.executeUpdate();
      connection.commit();
    } finally {
      // A commit that happened leaves nothing to roll back.
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }
}
