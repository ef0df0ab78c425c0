package dev.hermes.api.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.check.NotServingException;
import dev.hermes.database.check.Preflight;
import dev.hermes.database.check.RoleFloor;
import io.micronaut.context.annotation.Value;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the process un-ready until the database is there and is what it must be: server, roles,
 * schema, every wall between tenants. When that does not come true in time the process ends with
 * the reason, for a process that only waits is harder to notice.
 */
@Singleton
public final class StartGate implements ApplicationEventListener<ServerStartupEvent> {
  private static final Logger LOG = LoggerFactory.getLogger(StartGate.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final HikariDataSource app;
  private final HikariDataSource authn;
  private final Termination termination;
  private final Duration patience;
  private volatile boolean open;
  private volatile boolean answering;
  private String lastReason = "";
  private final Thread thread =
      Thread.ofPlatform().daemon().name("start-gate").unstarted(this::run);

  StartGate(
      @Named("app") HikariDataSource app,
      @Named("authn") HikariDataSource authn,
      Termination termination,
      @Value("${hermes.start-patience:120s}") Duration patience) {
    this.app = app;
    this.authn = authn;
    this.termination = termination;
    this.patience = patience;
  }

  /** Whether the checks have passed; once true it stays so. */
  public boolean isOpen() {
    return open;
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
      open = true;
      LOG.info("the database is as it must be; serving");
      while (!app.isClosed()) {
        answering = answers();
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
    try (Connection connection = app.getConnection();
        Connection calls = authn.getConnection()) {
      Preflight.verify(connection);
      connection.rollback();
      RoleFloor.verify(calls);
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
