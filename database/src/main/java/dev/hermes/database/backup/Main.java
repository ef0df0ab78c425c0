package dev.hermes.database.backup;

import dev.hermes.database.check.NotServingException;
import dev.hermes.database.check.Preflight;
import dev.hermes.database.migrate.JobEnvironment;
import dev.hermes.database.migrate.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entry point of the backup Job: {@code backup} writes a new folder under HERMES_BACKUP_DIR, {@code
 * verify FOLDER} compares one with its checksums, {@code restore FOLDER} brings one into an empty
 * database and proves its walls. Exit code 0 or 1; the log says why.
 */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int KEEP = 7;
  private static final String USAGE = "usage: backup | verify FOLDER | restore FOLDER";

  private final JobEnvironment environment;
  private final Patience patience;

  Main(Map<String, String> environment, Duration patience) {
    this.environment = new JobEnvironment(environment);
    this.patience = new Patience(patience);
  }

  public static void main(String[] arguments) {
    System.exit(new Main(System.getenv(), PATIENCE).run(arguments));
  }

  int run(String... arguments) {
    try {
      switch (String.join(" ", arguments).split(" ")[0] + " " + arguments.length) {
        case "backup 1" -> backup();
        case "verify 2" -> verify(Path.of(arguments[1]));
        case "restore 2" -> restore(Path.of(arguments[1]));
        default -> throw new IllegalArgumentException(USAGE);
      }
      return 0;
    } catch (SQLException
        | IOException
        | UncheckedIOException
        | BackupException
        | NotServingException
        | IllegalArgumentException e) {
      LOG.error("{} failed: {}", arguments.length > 0 ? arguments[0] : "start", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.error("interrupted");
    }
    return 1;
  }

  private void backup() throws SQLException, IOException, InterruptedException {
    Shelf shelf = new Shelf(Path.of(environment.required("HERMES_BACKUP_DIR")));
    int keep = environment.optional("HERMES_BACKUP_KEEP").map(Integer::valueOf).orElse(KEEP);
    if (keep < 1) {
      throw new IllegalArgumentException("HERMES_BACKUP_KEEP must be 1 or more");
    }
    try (Connection connection = connect("backup")) {
      Path part = shelf.begin(Instant.now());
      Manifest manifest = new Backup(connection, part).run();
      Path whole = shelf.finish(part);
      LOG.info("{} rows are in {}", manifest.rows(), whole);
    }
    shelf.prune(keep).forEach(old -> LOG.info("removed the old backup {}", old));
  }

  private static void verify(Path folder) throws IOException {
    Manifest manifest = Manifest.read(folder);
    manifest.verify(folder);
    LOG.info(
        "{} is whole: schema version {}, taken {}, {} rows",
        folder,
        manifest.schemaVersion(),
        manifest.taken(),
        manifest.rows());
  }

  private void restore(Path folder) throws SQLException, IOException, InterruptedException {
    try (Connection connection = connect("migrator")) {
      Manifest manifest = new Restore(connection, folder).run();
      Preflight.walls(connection);
      LOG.info("{} rows are restored and every wall between tenants stands", manifest.rows());
    }
  }

  private Connection connect(String login) throws SQLException, InterruptedException {
    Path password = Path.of(environment.required("HERMES_DB_DIR"), login);
    return patience.connect(
        environment.required("HERMES_DB_URL"), "hermes_" + login, JobEnvironment.secret(password));
  }
}
