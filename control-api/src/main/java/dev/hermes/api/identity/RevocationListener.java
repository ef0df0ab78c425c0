package dev.hermes.api.identity;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import java.sql.SQLException;
import java.time.Duration;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of revocations at once over LISTEN. It is a shortcut: {@link EpochWatch} finds within a
 * second whatever is lost here.
 */
@Context
@Requires(property = "hermes.authn.listen", notEquals = "false")
final class RevocationListener {
  private static final Logger LOG = LoggerFactory.getLogger(RevocationListener.class);
  // short, so that the end of the process need not wait for it
  private static final Duration WAIT = Duration.ofMillis(500);
  private static final Duration BREATH = Duration.ofMillis(50);
  private static final int WAITS_A_CHECK = 20;
  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final Jdbi authn;
  private final EpochWatch watch;
  private final Thread thread = Thread.ofPlatform().daemon().name("listen").unstarted(this::run);

  RevocationListener(@Named("authn") Jdbi authn, EpochWatch watch) {
    this.authn = authn;
    this.watch = watch;
  }

  @PostConstruct
  void open() {
    thread.start();
  }

  @PreDestroy
  void close() throws InterruptedException {
    thread.interrupt();
    thread.join(WAIT.multipliedBy(2));
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try (Handle handle = authn.open()) {
          listen(handle);
        } catch (RuntimeException | SQLException e) {
          LOG.debug("not listening for revocations", e);
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void listen(Handle handle) throws SQLException, InterruptedException {
    PGConnection connection = handle.getConnection().unwrap(PGConnection.class);
    handle.execute("listen hermes_authn");
    // what happened while nobody listened
    watch.changed();
    for (int wait = 1; !Thread.currentThread().isInterrupted(); wait++) {
      if (connection.getNotifications((int) WAIT.toMillis()).length > 0) {
        // Whoever may connect may notify: it empties no cache by itself, nor keeps this busy.
        watch.ask();
        Thread.sleep(BREATH);
      }
      if (wait % WAITS_A_CHECK == 0) {
        // notices a connection that is gone
        handle.execute("select 1");
      }
    }
  }
}
