package dev.hermes.operator.provision;

import dev.hermes.database.check.MetaCheck;
import dev.hermes.database.check.NotServingException;
import dev.hermes.database.check.Preflight;
import dev.hermes.database.check.RoleFloor;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.check.ServerFloor;
import dev.hermes.database.check.Violation;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must hold before the operator works: PostgreSQL new enough, roles weak enough, the schema
 * migrated (which it waits for), every wall in place.
 */
public final class StartChecks {
  private static final Logger log = LoggerFactory.getLogger(StartChecks.class);
  private static final Duration POLL = Duration.ofSeconds(2);

  private final DataSource provisioner;
  private final DataSource probe;

  public StartChecks(DataSource provisioner, DataSource probe) {
    this.provisioner = provisioner;
    this.probe = probe;
  }

  /**
   * Waits for the database and its schema; throws {@link NotServingException} when waiting would
   * not help. Returns the schema's version.
   */
  public int await() throws InterruptedException {
    String said = "";
    while (true) {
      try {
        int version = version();
        if (version >= SchemaVersion.REQUIRED) {
          verify();
          return version;
        }
        said = say(said, "the schema is at version " + version + ", waiting for the migration Job");
      } catch (SQLException e) {
        said = say(said, "waiting for PostgreSQL: " + e.getMessage());
      }
      Thread.sleep(POLL);
    }
  }

  /** What is not as it must be; asked again every hour. */
  public List<Violation> violations() throws SQLException {
    try (Connection connection = provisioner.getConnection()) {
      return MetaCheck.run(connection);
    }
  }

  private int version() throws SQLException {
    try (Connection connection = provisioner.getConnection()) {
      ServerFloor.verify(connection);
      return SchemaVersion.installed(connection);
    }
  }

  private void verify() throws SQLException {
    try (Connection connection = provisioner.getConnection()) {
      Preflight.verify(connection);
    }
    try (Connection connection = probe.getConnection()) {
      RoleFloor.verify(connection);
    }
  }

  /** The same line once, not every two seconds. */
  private static String say(String said, String line) {
    if (!line.equals(said)) {
      log.info(line);
    }
    return line;
  }
}
