package dev.hermes.database.migrate;

import dev.hermes.database.check.NotServingException;
import dev.hermes.database.check.Preflight;
import dev.hermes.database.check.ServerFloor;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entry point of two Jobs: {@code bootstrap} makes roles and grants as superuser, {@code migrate}
 * brings the schema up to date and proves its walls. Exit code 0 or 1; the log says why.
 */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final String NO_SUCH_DATABASE = "3D000";

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
    String command = arguments.length == 1 ? arguments[0] : "";
    try {
      switch (command) {
        case "bootstrap" -> bootstrap();
        case "migrate" -> migrate();
        default -> throw new IllegalArgumentException("usage: bootstrap | migrate");
      }
      LOG.info("{} is done", command);
      return 0;
    } catch (SQLException
        | FlywayException
        | NotServingException
        | IllegalArgumentException
        | IllegalStateException
        | UncheckedIOException e) {
      // The message says it all; Flyway's names the file, the line and the statement.
      LOG.error("{} failed: {}", command.isEmpty() ? "start" : command, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.error("{} was interrupted", command);
    }
    return 1;
  }

  private void bootstrap() throws SQLException, InterruptedException {
    String user = environment.optional("HERMES_SUPERUSER").orElse("postgres");
    String password =
        JobEnvironment.secret(Path.of(environment.required("HERMES_SUPERUSER_PASSWORD_FILE")));
    Path roles = Path.of(environment.required("HERMES_ROLES_DIR"));
    try (Connection superuser = superuser(environment.required("HERMES_DB_URL"), user, password)) {
      ServerFloor.verify(superuser);
      Bootstrap.roles(superuser);
      Bootstrap.passwords(superuser, roles);
    }
  }

  private void migrate() throws SQLException, InterruptedException {
    String url = environment.required("HERMES_DB_URL");
    String password =
        JobEnvironment.secret(Path.of(environment.required("HERMES_DB_DIR"), "migrator"));
    try (Connection migrator = patience.connect(url, "hermes_migrator", password)) {
      ServerFloor.verify(migrator);
      new Migrator(url, password).migrate();
      Preflight.walls(migrator);
      LOG.info("every wall between tenants stands");
    }
  }

  /** Creates the database when the server has none of this name yet. */
  private Connection superuser(String url, String user, String password)
      throws SQLException, InterruptedException {
    try {
      return patience.connect(url, user, password);
    } catch (SQLException e) {
      if (!NO_SUCH_DATABASE.equals(e.getSQLState())) {
        throw e;
      }
    }
    DatabaseUrl target = DatabaseUrl.of(url);
    try (Connection connection = patience.connect(target.maintenance(), user, password);
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + statement.enquoteIdentifier(target.name(), true));
      LOG.info("database {} is created", target.name());
    }
    return patience.connect(url, user, password);
  }
}
