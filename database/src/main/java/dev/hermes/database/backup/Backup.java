package dev.hermes.database.backup;

import dev.hermes.database.check.SchemaVersion;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies every table into a folder, all of them as of one moment, and counts what it copied. Runs
 * as hermes_backup, which may read everything and write nothing.
 */
final class Backup {
  private static final Logger LOG = LoggerFactory.getLogger(Backup.class);
  private static final int BUFFER = 1 << 16;

  private final Connection connection;
  private final Path folder;

  /**
   * @param connection with BYPASSRLS
   * @param folder empty; a failed run leaves files in it, but no manifest
   */
  Backup(Connection connection, Path folder) {
    this.connection = connection;
    this.folder = folder;
  }

  Manifest run() throws SQLException, IOException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      // One snapshot for all tables, so that no message is without its session.
      statement.execute("set transaction isolation level repeatable read, read only");
      Tables.requireAllRows(connection, "hermes_backup");
      int version = SchemaVersion.installed(connection);
      Instant taken = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      Map<String, List<String>> tables = Tables.all(connection);
      List<Manifest.Entry> entries = new ArrayList<>();
      for (Map.Entry<String, List<String>> table : tables.entrySet()) {
        entries.add(copy(table.getKey(), table.getValue()));
        LOG.info(
            "{} of {}: {}, {} rows",
            entries.size(),
            tables.size(),
            table.getKey(),
            entries.getLast().rows());
      }
      Manifest manifest = new Manifest(version, taken, entries);
      manifest.write(folder);
      return manifest;
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private Manifest.Entry copy(String table, List<String> columns) throws SQLException, IOException {
    Path file = folder.resolve(Manifest.Entry.fileOf(table));
    MessageDigest digest = Checksum.sha256();
    long rows;
    try (OutputStream out =
        new Progress(
            new GZIPOutputStream(
                new DigestOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(file), BUFFER), digest),
                BUFFER),
            table)) {
      // COPY reads a partitioned table through a query only.
      rows =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyOut(
                  "copy (select %s from %s) to stdout".formatted(String.join(", ", columns), table),
                  out);
    }
    long counted = Tables.count(connection, table);
    if (rows != counted) {
      throw new BackupException(
          "%s has %d rows and %d were copied: the backup is not whole"
              .formatted(table, counted, rows));
    }
    return new Manifest.Entry(table, columns, rows, Files.size(file), Checksum.hex(digest));
  }
}
