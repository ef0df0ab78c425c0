package dev.hermes.operator.provision;

import static dev.hermes.operator.provision.DedicatedDatabase.PROBE;
import static dev.hermes.operator.provision.DedicatedDatabase.PROVISIONER;

import dev.hermes.crds.Reason;
import dev.hermes.database.access.DirectSource;
import dev.hermes.database.access.Place;
import dev.hermes.database.check.NotServingException;
import dev.hermes.database.check.Preflight;
import dev.hermes.database.check.RoleFloor;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.check.ServerFloor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;

/** What must hold of a tenant's own database; each failure is a {@link DedicatedUnavailable}. */
public final class DedicatedChecks {
  private static final String PREPARED =
      """
      select count(*) = 3 and bool_and(has_schema_privilege(n.oid, 'usage'))
        from pg_catalog.pg_namespace n where n.nspname in ('hermes', 'provision', 'flyway')\
      """;

  private final DirectSource provisioner;
  private final DirectSource probe;

  DedicatedChecks(DirectSource provisioner, DirectSource probe) {
    this.provisioner = provisioner;
    this.probe = probe;
  }

  private interface Look<T> {
    T at(Connection connection) throws SQLException;
  }

  /** 0: never migrated. The first thing to ask: it tells whether the database can be reached. */
  public int schemaVersion() {
    return look(
        provisioner,
        PROVISIONER,
        connection -> {
          int installed = SchemaVersion.installed(connection);
          if (installed == 0 && !isPrepared(connection)) {
            throw new DedicatedUnavailable(
                Reason.DatabaseNotPrepared,
                "the database is there, but bootstrap.sql was not run on it; run it there as a"
                    + " superuser");
          }
          return installed;
        });
  }

  private static boolean isPrepared(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(PREPARED)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  public DatabaseIdentity identity() {
    return DedicatedDatabase.told(PROVISIONER, () -> DatabaseIdentity.of(provisioner));
  }

  /** Throws unless the server is new enough and both roles are weak enough. */
  public void verifyServer() {
    look(
        provisioner,
        PROVISIONER,
        connection -> {
          refuse(Reason.DatabaseTooOld, () -> ServerFloor.verify(connection));
          refuse(Reason.DatabaseRoleTooStrong, () -> RoleFloor.verify(connection));
          return true;
        });
    look(
        probe,
        PROBE,
        connection -> {
          refuse(Reason.DatabaseRoleTooStrong, () -> RoleFloor.verify(connection));
          return true;
        });
  }

  /**
   * Throws unless every wall stands. A schema newer than ours has things that only a newer release
   * has reviewed: it is not looked at.
   */
  public void verifyWalls() {
    look(
        provisioner,
        PROVISIONER,
        connection -> {
          if (SchemaVersion.installed(connection) <= SchemaVersion.REQUIRED) {
            refuse(Reason.DatabaseWallMissing, () -> Preflight.walls(connection));
          }
          return true;
        });
  }

  /** What failed of the isolation self-test, in words. */
  public Optional<String> selfTest(UUID tenant) {
    return DedicatedDatabase.told(
        PROBE, () -> new IsolationSelfTest(probe).failure(tenant, Place.SHARED_SCHEMA));
  }

  private static <T> T look(DirectSource source, String role, Look<T> look) {
    try (Connection connection = source.getConnection()) {
      return look.at(connection);
    } catch (SQLException e) {
      throw DedicatedFailures.of(role, e);
    }
  }

  private interface Check {
    void run() throws SQLException;
  }

  private static void refuse(Reason reason, Check check) throws SQLException {
    try {
      check.run();
    } catch (NotServingException e) {
      throw new DedicatedUnavailable(reason, String.valueOf(e.getMessage()), e);
    }
  }
}
