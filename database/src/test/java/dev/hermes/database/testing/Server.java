package dev.hermes.database.testing;

import dev.hermes.database.migrate.Bootstrap;
import dev.hermes.database.migrate.Migrator;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The PostgreSQL of this JVM: started at first use, with a migrated template to copy from. */
final class Server {
  static final String TEMPLATE = "hermes_template";
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static @Nullable Server instance;

  private final EmbeddedPostgres postgres;
  private final Path passwords;

  private Server(EmbeddedPostgres postgres, Path passwords) {
    this.postgres = postgres;
    this.passwords = passwords;
  }

  static synchronized Server get() {
    if (instance == null) {
      instance = start();
    }
    return instance;
  }

  Path passwords() {
    return passwords;
  }

  String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/" + database;
  }

  Connection superuser(String database) throws SQLException {
    return DriverManager.getConnection(url(database), "postgres", "postgres");
  }

  /** Copies the template, and the grants on the database itself, which a copy does not carry. */
  synchronized String copy(@Nullable String template) {
    String name = "hermes_t" + COUNT.incrementAndGet();
    try {
      execute(
          "postgres",
          "create database " + name + " template " + (template == null ? "template0" : template));
      if (template != null) {
        bootstrap(name);
      }
      return name;
    } catch (SQLException e) {
      throw new IllegalStateException("no test database", e);
    }
  }

  synchronized void drop(String database) {
    try {
      execute("postgres", "drop database if exists " + database + " with (force)");
    } catch (SQLException e) {
      throw new IllegalStateException("the test database stays", e);
    }
  }

  private void bootstrap(String database) throws SQLException {
    try (Connection connection = superuser(database)) {
      Bootstrap.roles(connection);
    }
  }

  private void execute(String database, String sql) throws SQLException {
    try (Connection connection = superuser(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Server start() {
    try {
      EmbeddedPostgres postgres =
          EmbeddedPostgres.builder()
              .setPort(FreePort.next())
              .setServerConfig("max_connections", "200")
              .setServerConfig("fsync", "off")
              .setServerConfig("full_page_writes", "off")
              .setServerConfig("password_encryption", "scram-sha-256")
              .start();
      Server server = new Server(postgres, writePasswords());
      server.requirePasswords();
      server.execute("postgres", "create database " + TEMPLATE);
      try (Connection connection = server.superuser(TEMPLATE)) {
        Bootstrap.roles(connection);
        Bootstrap.passwords(connection, server.passwords);
      }
      new Migrator(server.url(TEMPLATE), TestDatabase.password("migrator")).migrate();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL did not start", e);
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL could not be prepared", e);
    }
  }

  /** As in production: roles of ours log in with SCRAM, so a wrong password is found by tests. */
  private void requirePasswords() throws IOException, SQLException {
    try (Connection connection = superuser("postgres");
        Statement statement = connection.createStatement()) {
      Path hba;
      try (ResultSet row = statement.executeQuery("show hba_file")) {
        row.next();
        hba = Path.of(row.getString(1));
      }
      Files.writeString(
          hba,
          """
          local all postgres trust
          host all postgres 127.0.0.1/32 trust
          host all all 127.0.0.1/32 scram-sha-256
          """,
          StandardOpenOption.TRUNCATE_EXISTING);
      statement.execute("select pg_reload_conf()");
    }
  }

  private static Path writePasswords() throws IOException {
    Path folder = Files.createTempDirectory("hermes-passwords");
    folder.toFile().deleteOnExit();
    for (String login : Bootstrap.LOGINS) {
      Path file = folder.resolve(login);
      Files.writeString(file, TestDatabase.password(login));
      file.toFile().deleteOnExit();
    }
    return folder;
  }
}
