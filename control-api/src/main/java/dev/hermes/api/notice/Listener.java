package dev.hermes.api.notice;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection that listens to all channels; what is lost with it is said when it is back. */
@Context
@Requires(property = "hermes.authn.listen", notEquals = "false")
final class Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
  // short, so that the end of the process need not wait for it
  private static final Duration WAIT = Duration.ofMillis(500);
  private static final Duration BREATH = Duration.ofMillis(50);
  private static final int WAITS_A_CHECK = 20;
  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final Jdbi authn;
  private final List<Hearing> hearings;
  private final Thread thread = Thread.ofPlatform().daemon().name("listen").unstarted(this::run);

  Listener(@Named("authn") Jdbi authn, List<Hearing> hearings) {
    this.authn = authn;
    this.hearings = List.copyOf(hearings);
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
          LOG.debug("not listening to other replicas", e);
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void listen(Handle handle) throws SQLException, InterruptedException {
    PGConnection connection = handle.getConnection().unwrap(PGConnection.class);
    hearings.forEach(hearing -> handle.execute("listen " + hearing.channel()));
    hearings.forEach(Hearing::missed);
    for (int wait = 1; !Thread.currentThread().isInterrupted(); wait++) {
      PGNotification[] words = connection.getNotifications((int) WAIT.toMillis());
      if (words.length > 0) {
        tell(words);
        // whoever may connect may speak: that keeps this thread from nothing else
        Thread.sleep(BREATH);
      }
      if (wait % WAITS_A_CHECK == 0) {
        // notices a connection that is gone
        handle.execute("select 1");
      }
    }
  }

  private void tell(PGNotification[] words) {
    for (Hearing hearing : hearings) {
      Set<String> own = new HashSet<>();
      for (PGNotification word : words) {
        if (word.getName().equals(hearing.channel())) {
          own.add(word.getParameter());
        }
      }
      if (!own.isEmpty()) {
        hearing.heard(own);
      }
    }
  }
}
