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
  private static final Duration ACQUIRE = Duration.ofSeconds(3);
  private static final Duration CONNECT = Duration.ofSeconds(3);
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

  private static HikariDataSource open(
      String url, String role, Path passwordFile, int size, String name, boolean autoCommit) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(url);
    config.setUsername(role);
    config.setPassword(read(passwordFile));
    config.setMaximumPoolSize(size);
    config.setAutoCommit(autoCommit);
    config.setConnectionTimeout(ACQUIRE.toMillis());
    config.setValidationTimeout(CONNECT.toMillis());
    config.setKeepaliveTime(Duration.ofMinutes(2).toMillis());
    // The process starts without PostgreSQL and is not ready; it recovers by itself.
    config.setInitializationFailTimeout(-1);
    config.addDataSourceProperty("ApplicationName", name);
    config.addDataSourceProperty("connectTimeout", CONNECT.toSeconds());
    config.addDataSourceProperty("socketTimeout", SOCKET.toSeconds());
    config.addDataSourceProperty("tcpKeepAlive", true);
    return new HikariDataSource(config);
  }

  private static String read(Path passwordFile) {
    try {
      return Files.readString(passwordFile).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the password file " + passwordFile, e);
    }
  }
}
