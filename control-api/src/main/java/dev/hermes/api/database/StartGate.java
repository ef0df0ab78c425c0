package dev.hermes.api.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.check.NotServingException;
import dev.hermes.database.check.Preflight;
import dev.hermes.database.check.RoleFloor;
import dev.hermes.database.check.SchemaVersion;
import io.micronaut.context.annotation.Value;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the process un-ready until the database is there and is what it must be: server, roles,
 * schema, every wall between tenants. When that does not come true in time the process ends with
 * the reason, for a process that only waits is harder to notice. All of it is asked again while it
 * serves: a wall that falls makes the process un-ready until the wall is back.
 */
@Singleton
public final class StartGate implements ApplicationEventListener<ServerStartupEvent> {
  private static final Logger LOG = LoggerFactory.getLogger(StartGate.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final HikariDataSource app;
  private final HikariDataSource authn;
  private final HikariDataSource jobs;
  private final Termination termination;
  private final Duration patience;
  private volatile boolean open;
  private volatile boolean answering;
  private volatile boolean sound;
  private final Duration recheck;
  private String lastReason = "";
  private final Thread thread =
      Thread.ofPlatform().daemon().name("start-gate").unstarted(this::run);

  StartGate(
      @Named("app") HikariDataSource app,
      @Named("authn") HikariDataSource authn,
      @Named("jobs") HikariDataSource jobs,
      Termination termination,
      @Value("${hermes.start-patience:120s}") Duration patience,
      @Value("${hermes.wall-check:30s}") Duration recheck) {
    this.app = app;
    this.authn = authn;
    this.jobs = jobs;
    this.termination = termination;
    this.patience = patience;
    this.recheck = recheck;
  }

  /** Whether the checks have passed; once true it stays so. */
  public boolean isOpen() {
    return open;
  }

  /** Whether the last look, at most {@code hermes.wall-check} ago, found every wall in place. */
  public boolean isSound() {
    return sound;
  }

  /** Whether requests can reach tenants' rows now; asked each second, so nobody need ask for it. */
  public boolean isAnswering() {
    return answering;
  }

  @PreDestroy
  void close() {
    thread.interrupt();
  }

  @Override
  public void onApplicationEvent(ServerStartupEvent event) {
    thread.start();
  }

  private void run() {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (!passes()) {
        if (System.nanoTime() > end) {
          LOG.error("not serving: {}", lastReason);
          termination.end(1);
          return;
        }
        Thread.sleep(PAUSE);
      }
      sound = true;
      open = true;
      LOG.info("the database is as it must be; serving");
      watch();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watch() throws InterruptedException {
    long checked = System.nanoTime();
    while (!app.isClosed()) {
      answering = answers();
      // What has fallen is asked for each second, so that serving goes on as soon as it is back.
      if (!sound || System.nanoTime() - checked >= recheck.toNanos()) {
        look();
        checked = System.nanoTime();
      }
      Thread.sleep(PAUSE);
    }
  }

  private void look() {
    try {
      if (newer()) {
        // What a newer release has added stands in its list of reviewed things and not in ours.
        return;
      }
      verify();
      if (!sound) {
        LOG.info("the database is as it must be again; serving");
      }
      sound = true;
      lastReason = "";
    } catch (NotServingException e) {
      sound = false;
      String reason = String.valueOf(e.getMessage());
      if (!reason.equals(lastReason)) {
        LOG.error("no longer serving: {}", reason);
      }
      lastReason = reason;
    } catch (SQLException e) {
      // Away, not unfit: isAnswering says so, and the look is repeated.
      LOG.debug("the walls could not be looked at", e);
    }
  }

  private boolean newer() throws SQLException {
    try (Connection connection = app.getConnection()) {
      int installed = SchemaVersion.installed(connection);
      connection.rollback();
      return installed > SchemaVersion.REQUIRED;
    }
  }

  private void verify() throws SQLException {
    try (Connection connection = app.getConnection()) {
      Preflight.verify(connection);
      connection.rollback();
    }
    for (HikariDataSource calls : List.of(authn, jobs)) {
      try (Connection connection = calls.getConnection()) {
        RoleFloor.verify(connection);
      }
    }
  }

  private boolean answers() {
    try (Connection connection = app.getConnection()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  private boolean passes() {
    try {
      verify();
      return true;
    } catch (NotServingException | SQLException e) {
      String reason = String.valueOf(e.getMessage());
      if (!reason.equals(lastReason)) {
        LOG.warn("waiting for the database: {}", reason);
      }
      lastReason = reason;
      return false;
    }
  }
}
