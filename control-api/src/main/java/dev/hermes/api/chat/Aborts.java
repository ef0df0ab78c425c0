package dev.hermes.api.chat;

import dev.hermes.api.notice.Hearing;
import dev.hermes.api.session.SessionKey;
import dev.hermes.api.session.Sessions;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a session's turn, on whichever replica it runs. The word goes to all of them; that the turn
 * has ended is seen in the session itself.
 */
@Singleton
final class Aborts implements Hearing {
  private static final Logger LOG = LoggerFactory.getLogger(Aborts.class);
  private static final String CHANNEL = "hermes_turns";
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Duration LOOK = Duration.ofMillis(50);

  private final Sessions sessions;
  private final TenantDatabase home;
  private final TurnWatch watch;

  Aborts(Sessions sessions, @Named("home") TenantDatabase home, TurnWatch watch) {
    this.sessions = sessions;
    this.home = home;
    this.watch = watch;
  }

  /** What came of an abort. */
  enum Outcome {
    /** The turn has ended and is written down. */
    ABORTED,
    /** It was told to, and has not ended yet. */
    REQUESTED,
    /** No turn has the session. */
    IDLE
  }

  Outcome abort(SessionKey key) throws InterruptedException {
    Optional<String> turn = sessions.turn(key);
    if (turn.isEmpty()) {
      return Outcome.IDLE;
    }
    if (!watch.abort(turn.get())) {
      home.inTenant(
          key.tenant(),
          handle ->
              handle
                  .createQuery("select pg_notify(:channel, :turn)::text")
                  .bind("channel", CHANNEL)
                  .bind("turn", turn.get())
                  .mapTo(String.class)
                  .list());
    }
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < until) {
      if (!sessions.turn(key).equals(turn)) {
        return Outcome.ABORTED;
      }
      Thread.sleep(LOOK);
    }
    return Outcome.REQUESTED;
  }

  @Override
  public String channel() {
    return CHANNEL;
  }

  /** Ids of requests, which nobody guesses; another replica's mean nothing here. */
  @Override
  public void heard(Set<String> turns) {
    turns.stream()
        .filter(watch::abort)
        .forEach(turn -> LOG.debug("{} is aborted from another replica", turn));
  }
}
