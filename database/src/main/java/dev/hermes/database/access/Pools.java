package dev.hermes.database.access;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Builds the connection pools of both processes, with a bound on every wait: a PostgreSQL that is
 * away costs a caller three seconds, a network that swallows packets half a minute.
 */
public final class Pools {
  /** How long a caller waits for a connection. */
  static final Duration ACQUIRE = Duration.ofSeconds(3);

  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration LOGIN = Duration.ofSeconds(5);
  // Longer than statement_timeout (bootstrap.sql), so that the server ends a slow statement first.
  private static final Duration SOCKET = Duration.ofSeconds(35);

  private Pools() {}

  /** A pool for transactions: auto-commit off. What {@link TenantDatabase} takes. */
  public static HikariDataSource transactional(
      String url, String role, Path passwordFile, int size, String name) {
    return open(url, role, passwordFile, size, name, false);
  }

  /** A pool for single function calls, such as key look-ups: one round trip each. */
  public static HikariDataSource autoCommit(
      String url, String role, Path passwordFile, int size, String name) {
    return open(url, role, passwordFile, size, name, true);
  }

  /**
   * Settings of a pool for transactions on a tenant's own database: it keeps no connection that
   * nobody uses.
   */
  public static HikariConfig dedicated(
      String url, String role, String password, int size, String name) {
    HikariConfig config = config(url, role, password, size, name, false);
    config.setMinimumIdle(0);
    return config;
  }

  private static HikariDataSource open(
      String url, String role, Path passwordFile, int size, String name, boolean autoCommit) {
    return new HikariDataSource(config(url, role, read(passwordFile), size, name, autoCommit));
  }

  private static HikariConfig config(
      String url, String role, String password, int size, String name, boolean autoCommit) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(url);
    config.setUsername(role);
    config.setPassword(password);
    config.setMaximumPoolSize(size);
    config.setAutoCommit(autoCommit);
    config.setConnectionTimeout(ACQUIRE.toMillis());
    config.setValidationTimeout(CONNECT.toMillis());
    config.setKeepaliveTime(Duration.ofMinutes(2).toMillis());
    // The process starts without PostgreSQL and is not ready; it recovers by itself.
    config.setInitializationFailTimeout(-1);
    driver(config, "ApplicationName", name);
    driver(config, "connectTimeout", seconds(CONNECT));
    // From the first packet to the end of the log-in. A log-in whose answer was lost would hold the
    // pool's
    // one thread that connects until the server gives up on it, which is a minute.
    driver(config, "loginTimeout", seconds(LOGIN));
    driver(config, "socketTimeout", seconds(SOCKET));
    driver(config, "tcpKeepAlive", "true");
    // the details of an error are the values of a row, and errors are logged
    driver(config, "logServerErrorDetail", "false");
    return config;
  }

  /** As text: the driver reads its properties as texts and takes no notice of numbers. */
  private static void driver(HikariConfig config, String property, String value) {
    config.addDataSourceProperty(property, value);
  }

  private static String seconds(Duration duration) {
    return Long.toString(duration.toSeconds());
  }

  private static String read(Path passwordFile) {
    try {
      return Files.readString(passwordFile).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the password file " + passwordFile, e);
    }
  }
}
