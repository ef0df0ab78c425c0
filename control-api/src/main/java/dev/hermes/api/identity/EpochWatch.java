package dev.hermes.api.identity;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks each second whether any key or tenant has changed, so that a lost notification costs a
 * second and not half a minute. Caches of who may do what listen here, and trust nothing they hold
 * while the question goes unanswered. Its last answer also tells whether the database is there.
 */
@Singleton
public final class EpochWatch {
  private static final Logger LOG = LoggerFactory.getLogger(EpochWatch.class);
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration FRESH = Duration.ofSeconds(2);

  private final Jdbi authn;
  private final Clock clock;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Thread thread = Thread.ofPlatform().daemon().name("epoch").unstarted(this::run);
  private volatile Instant answered = Instant.EPOCH;
  private long epoch = -1;
  private boolean away;

  EpochWatch(@Named("authn") Jdbi authn, Clock clock) {
    this.authn = authn;
    this.clock = clock;
    thread.start();
  }

  /** Runs the listener whenever something a caller is judged by may have changed. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /** Whether the database answered within the last two seconds. */
  public boolean isFresh() {
    return clock.instant().isBefore(answered.plus(FRESH));
  }

  void changed() {
    listeners.forEach(Runnable::run);
  }

  @PreDestroy
  void close() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (true) {
        ask();
        Thread.sleep(PERIOD);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Now and not with the next second: what the notification said is believed only if it is so. */
  synchronized void ask() {
    try {
      Instant asked = clock.instant();
      long now =
          authn.withHandle(
              handle -> handle.createQuery("select authn.epoch()").mapTo(Long.class).one());
      if (now != epoch) {
        epoch = now;
        changed();
      }
      answered = asked;
      away = false;
    } catch (RuntimeException e) {
      if (!away) {
        LOG.warn("the database does not answer: {}", e.toString());
      }
      away = true;
    }
  }
}
