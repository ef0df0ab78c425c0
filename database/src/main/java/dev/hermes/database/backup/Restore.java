package dev.hermes.database.backup;

import dev.hermes.database.check.SchemaVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a backup into a freshly migrated, empty database, whole or not at all. Runs as
 * hermes_migrator, the one role that may write every table past row-level security.
 */
final class Restore {
  private static final Logger LOG = LoggerFactory.getLogger(Restore.class);
  private static final int BUFFER = 1 << 16;

  /**
   * Marks a table of exactly one row, which a migration puts there; the backup's takes its place.
   */
  private static final String ONLY_ROW = "only_row";

  private final Connection connection;
  private final Path folder;

  Restore(Connection connection, Path folder) {
    this.connection = connection;
    this.folder = folder;
  }

  Manifest run() throws SQLException, IOException {
    Manifest manifest = Manifest.read(folder);
    manifest.verify(folder);
    connection.setAutoCommit(false);
    try {
      Tables.requireAllRows(connection, "hermes_migrator");
      versionFits(manifest);
      makeSchemas(manifest);
      tablesFit(manifest);
      lockEmpty(manifest);
      int done = 0;
      for (Manifest.Entry entry : manifest.entries()) {
        copy(entry);
        LOG.info(
            "{} of {}: {}, {} rows",
            ++done,
            manifest.entries().size(),
            entry.table(),
            entry.rows());
      }
      connection.commit();
      analyze(manifest);
      return manifest;
    } finally {
      // A commit that happened leaves nothing to roll back.
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private void versionFits(Manifest manifest) throws SQLException {
    int installed = SchemaVersion.installed(connection);
    if (installed != manifest.schemaVersion()) {
      throw new BackupException(
          "the backup has schema version %d and this database %d; migrate an empty database with the release the backup is of, restore, then upgrade"
              .formatted(manifest.schemaVersion(), installed));
    }
  }

  /**
   * The schemas of tenants come empty, before any row. Their logins are not in a backup: the
   * operator makes them of its Secrets, or of new ones.
   */
  private void makeSchemas(Manifest manifest) throws SQLException {
    try (Statement role = connection.createStatement();
        PreparedStatement clone =
            connection.prepareStatement("select provision.clone_content(?)")) {
      role.execute("set local role hermes_owner");
      for (UUID tenant : manifest.ownSchemas()) {
        clone.setObject(1, tenant);
        clone.execute();
      }
      role.execute("set local role none");
    }
  }

  private void tablesFit(Manifest manifest) throws SQLException {
    Map<String, List<String>> tables = Tables.all(connection);
    for (Manifest.Entry entry : manifest.entries()) {
      if (!entry.columns().equals(tables.get(entry.table()))) {
        throw new BackupException(
            "%s has other columns here than in the backup".formatted(entry.table()));
      }
    }
    if (tables.size() != manifest.entries().size()) {
      throw new BackupException("this database has other tables than the backup");
    }
  }

  /** Nobody writes while this runs, and nobody has written before. */
  private void lockEmpty(Manifest manifest) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (Manifest.Entry entry : manifest.entries()) {
        statement.execute("lock table " + entry.table() + " in share row exclusive mode");
        if (entry.columns().contains(ONLY_ROW)) {
          statement.execute("delete from " + entry.table());
        } else if (Tables.count(connection, entry.table()) > 0) {
          throw new BackupException(
              entry.table()
                  + " has rows: restore only into a database that was just migrated and that nothing has used");
        }
      }
    }
  }

  private void copy(Manifest.Entry entry) throws SQLException, IOException {
    long rows;
    try (InputStream in =
        new GZIPInputStream(Files.newInputStream(folder.resolve(entry.file())), BUFFER)) {
      rows =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn(
                  "copy %s (%s) from stdin"
                      .formatted(entry.table(), String.join(", ", entry.columns())),
                  in,
                  BUFFER);
    }
    long counted = Tables.count(connection, entry.table());
    if (rows != entry.rows() || counted != entry.rows()) {
      throw new BackupException(
          "%s should have %d rows and has %d: nothing was restored"
              .formatted(entry.table(), entry.rows(), counted));
    }
  }

  private void analyze(Manifest manifest) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (Manifest.Entry entry : manifest.entries()) {
        statement.execute("analyze " + entry.table());
      }
    }
    connection.commit();
  }
}
