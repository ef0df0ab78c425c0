package dev.hermes.database.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * A fresh, migrated database on a real PostgreSQL 18.6 that this JVM shares. A test class makes one
 * in {@code @BeforeAll} and closes it; the modules around use it from this module's test jar.
 */
public final class TestDatabase implements AutoCloseable {
  private final Server server;
  private final String name;

  private TestDatabase(Server server, String name) {
    this.server = server;
    this.name = name;
  }

  /** Roles, schemas, tables and functions are there; no rows are. */
  public static TestDatabase create() {
    Server server = Server.get();
    return new TestDatabase(server, server.copy(Server.TEMPLATE));
  }

  /** Nothing is there but the cluster's roles: for tests of bootstrap and migration. */
  public static TestDatabase empty() {
    Server server = Server.get();
    return new TestDatabase(server, server.copy(null));
  }

  /** The JDBC URL, without user and password. */
  public String url() {
    return server.url(name);
  }

  public String name() {
    return name;
  }

  /** A folder with one file a role, named and filled as in production: {@code app}, … */
  public Path passwordDir() {
    return server.passwords();
  }

  /** Connects as {@code app} or {@code hermes_app}, …; auto-commit is on. */
  public Connection connect(String role) {
    String login = role.startsWith("hermes_") ? role.substring("hermes_".length()) : role;
    Properties properties = new Properties();
    properties.setProperty("user", "hermes_" + login);
    properties.setProperty("password", password(login));
    try {
      return DriverManager.getConnection(url(), properties);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot connect as " + role, e);
    }
  }

  /** Connects as the superuser, whom row-level security does not bind: the control of a test. */
  public Connection superuser() {
    try {
      return server.superuser(name);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot connect as superuser", e);
    }
  }

  @Override
  public void close() {
    server.drop(name);
  }

  static String password(String login) {
    return "test-" + login;
  }
}
