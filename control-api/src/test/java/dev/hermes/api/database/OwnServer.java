package dev.hermes.api.database;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.database.migrate.Bootstrap;
import dev.hermes.database.migrate.Migrator;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A PostgreSQL of a tenant's own: other roles' passwords, other data, another process. */
final class OwnServer implements AutoCloseable {
  private final EmbeddedPostgres postgres;

  private OwnServer(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  static OwnServer start() throws Exception {
    OwnServer server =
        new OwnServer(
            EmbeddedPostgres.builder()
                .setServerConfig("fsync", "off")
                .setServerConfig("password_encryption", "scram-sha-256")
                .start());
    Path passwords = Files.createTempDirectory("own-passwords");
    for (String login : Bootstrap.LOGINS) {
      Files.writeString(passwords.resolve(login), "own-" + login);
    }
    try (Connection superuser = server.superuser()) {
      Bootstrap.roles(superuser);
      Bootstrap.passwords(superuser, passwords);
    }
    Files.writeString(
        Path.of(server.value("show hba_file")),
        """
        local all postgres trust
        host all postgres 127.0.0.1/32 trust
        host all all 127.0.0.1/32 scram-sha-256
        """,
        StandardOpenOption.TRUNCATE_EXISTING);
    server.execute("select pg_reload_conf()");
    new Migrator(server.url(), "own-migrator").migrate();
    return server;
  }

  int port() {
    return postgres.getPort();
  }

  String url() {
    return url(port());
  }

  String url(int port) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?sslmode=disable";
  }

  Map<String, String> secret(int port, String appPassword) {
    return Map.of(
        "url",
        url(port),
        "app",
        appPassword,
        "provisioner",
        "own-provisioner",
        "probe",
        "own-probe");
  }

  /** What the operator does there. */
  void provision(TestTenant tenant) throws Exception {
    try (Connection connection =
            DriverManager.getConnection(url(), "hermes_provisioner", "own-provisioner");
        PreparedStatement statement =
            connection.prepareStatement(
                "select provision.upsert_tenant(?, ?, ?, ?, ?, ?, ?, ?::jsonb, 'cluster', 0)")) {
      statement.setString(1, "uid-" + tenant.id());
      statement.setObject(2, tenant.id());
      statement.setString(3, tenant.config().name());
      statement.setString(4, tenant.config().displayName());
      statement.setString(5, tenant.config().namespace());
      statement.setString(6, tenant.state());
      statement.setLong(7, tenant.config().generation());
      statement.setString(8, new ObjectMapper().writeValueAsString(tenant.config()));
      statement.execute();
    }
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = superuser();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  String value(String sql) throws SQLException {
    try (Connection connection = superuser()) {
      return value(connection, sql);
    }
  }

  static String value(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private Connection superuser() throws SQLException {
    return DriverManager.getConnection(url(), "postgres", "postgres");
  }

  @Override
  public void close() throws Exception {
    postgres.close();
  }
}
