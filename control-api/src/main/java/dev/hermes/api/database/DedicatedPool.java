package dev.hermes.api.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.access.Pools;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.check.NotServingException;
import dev.hermes.database.check.Preflight;
import dev.hermes.database.check.RoleFloor;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.check.ServerFloor;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/** Connections to one tenant's own database, made from one version of its Secret. */
final class DedicatedPool extends HikariDataSource {
  /** Longer than any transaction may take. */
  private static final Duration FAREWELL = Duration.ofSeconds(40);

  private static final String OWN_ROW =
      """
      select exists (select from hermes.tenants t
        where t.tenant_id = ?::uuid and t.state <> 'deleted')
        from (select set_config('app.current_tenant', ?, true)) as context\
      """;

  private final TenantId tenant;
  private final String secretVersion;
  private final Runnable onFailure;

  /**
   * @param onFailure told when no connection could be had, so that the next caller looks for why
   */
  DedicatedPool(
      TenantId tenant,
      TenantDatabaseSecret secret,
      String secretVersion,
      int size,
      Runnable onFailure) {
    super(Pools.dedicated(secret.url(), "hermes_app", secret.app(), size, "hermes-api-" + tenant));
    this.tenant = tenant;
    this.secretVersion = secretVersion;
    this.onFailure = onFailure;
  }

  String secretVersion() {
    return secretVersion;
  }

  @Override
  public Connection getConnection() throws SQLException {
    try {
      return super.getConnection();
    } catch (SQLException e) {
      onFailure.run();
      throw e;
    }
  }

  /** Everything that must hold before a row is read or written there. */
  void verify() throws SQLException, NotReadyException {
    try (Connection connection = getConnection()) {
      try {
        ServerFloor.verify(connection);
        RoleFloor.verify(connection);
        SchemaVersion.verify(connection);
        // what a newer release has added stands in its list of reviewed things and not in ours
        if (SchemaVersion.installed(connection) == SchemaVersion.REQUIRED) {
          Preflight.walls(connection);
        }
        ownRow(connection);
      } finally {
        connection.rollback();
      }
    } catch (NotServingException e) {
      throw new NotReadyException(String.valueOf(e.getMessage()));
    }
  }

  /** The operator writes it when the database is this tenant's: another one is not written to. */
  private void ownRow(Connection connection) throws SQLException, NotReadyException {
    try (PreparedStatement statement = connection.prepareStatement(OWN_ROW)) {
      statement.setString(1, tenant.toString());
      statement.setString(2, tenant.toString());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (!row.getBoolean(1)) {
          throw new NotReadyException("the database has no data of this tenant (yet)");
        }
      }
    }
  }

  /** Transactions under way end in their own time. */
  void retire() {
    if (getHikariPoolMXBean() != null) {
      getHikariPoolMXBean().softEvictConnections();
    }
    Thread.ofVirtual()
        .name("retire " + getPoolName())
        .start(() -> {
          try {
            Thread.sleep(FAREWELL);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          close();
        });
  }
}
