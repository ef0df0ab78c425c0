package dev.hermes.api.sweep;

import dev.hermes.api.database.StartGate;
import dev.hermes.api.database.Visits;
import dev.hermes.database.access.TenantId;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Value;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what has expired of every tenant, those that no longer come among them. All replicas
 * share the tenants out by turns in the database, 80 in a minute and replica at most; one that
 * cannot be reached has its next turn after the same pause.
 */
@Context
final class Sweeper {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final int AT_ONCE = 20;
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(15);

  private final SweepTurns turns;
  private final List<Expiring> kinds;
  private final Visits visits;
  private final StartGate gate;
  private final Duration pause;
  private final ReentrantLock sweeping = new ReentrantLock();
  private final ScheduledFuture<?> looks;
  private volatile boolean away;

  /**
   * @param pause between two turns of a tenant; the later ones are scattered over its second half
   */
  Sweeper(
      SweepTurns turns,
      List<Expiring> kinds,
      Visits visits,
      StartGate gate,
      ScheduledExecutorService timer,
      @Value("${hermes.sweep:6h}") Duration pause) {
    this.turns = turns;
    this.kinds = kinds;
    this.visits = visits;
    this.gate = gate;
    this.pause = pause;
    long look = Math.min(LONGEST_LOOK.toMillis(), pause.toMillis() / 4);
    this.looks =
        timer.scheduleWithFixedDelay(
            () -> Thread.ofVirtual().name("sweep").start(this::look),
            // replicas that start together do not look together
            ThreadLocalRandom.current().nextLong(look / 2, look + 1),
            look,
            TimeUnit.MILLISECONDS);
  }

  @PreDestroy
  void close() {
    looks.cancel(false);
  }

  private void look() {
    if (!gate.isOpen() || !gate.isSound() || !sweeping.tryLock()) {
      return;
    }
    try {
      turns.take(pause, AT_ONCE).forEach(this::sweep);
      away = false;
    } catch (RuntimeException e) {
      if (!away) {
        LOG.warn(
            "nothing that expires is deleted, for the database does not answer: {}", e.toString());
      }
      away = true;
    } finally {
      sweeping.unlock();
    }
  }

  /** What cannot be reached for one tenant keeps no other waiting. */
  private void sweep(TenantId tenant) {
    try {
      if (visits.mayVisit(tenant)) {
        kinds.forEach(kind -> sweep(tenant, kind));
      }
    } catch (RuntimeException e) {
      LOG.warn("what expires of tenant {} is deleted later: {}", tenant, e.toString());
    }
  }

  private static void sweep(TenantId tenant, Expiring kind) {
    int all = 0;
    int some;
    do {
      some = kind.expire(tenant);
      all += some;
    } while (some == Expiring.MOST);
    if (all > 0) {
      LOG.debug("{} expired rows of {} were deleted of tenant {}", all, kind.name(), tenant);
    }
  }
}
