package dev.hermes.database.migrate;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connects to a server that may still be starting; what waiting cannot cure fails at once. */
public final class Patience {
  private static final Logger LOG = LoggerFactory.getLogger(Patience.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  // A wrong password, a role that may not log in, a database that does not exist.
  private static final Set<String> HOPELESS = Set.of("28P01", "28000", "3D000");

  private final Duration longest;

  public Patience(Duration longest) {
    this.longest = longest;
  }

  /** Throws what the last attempt failed with. */
  public Connection connect(String url, String user, String password)
      throws SQLException, InterruptedException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", "3");
    properties.setProperty("loginTimeout", "5");
    properties.setProperty("ApplicationName", "hermes-migrate");
    long end = System.nanoTime() + longest.toNanos();
    boolean told = false;
    while (true) {
      try {
        return DriverManager.getConnection(url, properties);
      } catch (SQLException e) {
        if (HOPELESS.contains(String.valueOf(e.getSQLState())) || System.nanoTime() >= end) {
          throw e;
        }
        if (!told) {
          LOG.info("waiting up to {} s for PostgreSQL: {}", longest.toSeconds(), e.getMessage());
          told = true;
        }
        Thread.sleep(PAUSE);
      }
    }
  }
}
