package dev.hermes.api.job;

import dev.hermes.api.database.StartGate;
import dev.hermes.api.trace.RequestScope;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.micronaut.core.util.StringUtils;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes turns at jobs. Each replica has one; they share the work without knowing each other, and
 * what one that dies has begun, the others go on with.
 */
@Context
@Requires(property = "hermes.job-keeper", notEquals = StringUtils.FALSE)
final class JobKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(JobKeeper.class);
  private static final int AT_ONCE = 12;
  private static final Duration HOLD = Duration.ofSeconds(30);
  private static final long SWEEP = TimeUnit.MINUTES.toNanos(1);
  private static final long PATIENCE_SECONDS = 5;

  private final JobTurns turns;
  private final JobStep step;
  private final StartGate gate;
  private final Duration look;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final Thread thread = Thread.ofPlatform().daemon().name("jobs").unstarted(this::run);
  private long swept = System.nanoTime();
  private boolean away;

  JobKeeper(
      JobTurns turns, JobStep step, StartGate gate, @Value("${hermes.job-look:1s}") Duration look) {
    this.turns = turns;
    this.step = step;
    this.gate = gate;
    this.look = look;
    thread.start();
  }

  /** Takes no more turns, and gives those that it has a moment to end. */
  @PreDestroy
  void close() throws InterruptedException {
    thread.interrupt();
    thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    if (!places.tryAcquire(AT_ONCE, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      LOG.info("jobs in hand are left to the next keeper");
    }
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        // more may be due than it took
        Thread.sleep(look() ? look.dividedBy(10) : look);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it took as many turns as it could. */
  private boolean look() {
    if (!gate.isOpen() || !gate.isSound()) {
      // who may not serve does not work either
      return false;
    }
    try {
      boolean full = take(false);
      if (System.nanoTime() - swept >= SWEEP) {
        swept = System.nanoTime();
        take(true);
      }
      away = false;
      return full;
    } catch (RuntimeException e) {
      if (!away) {
        LOG.warn("jobs wait, for the database does not answer: {}", e.toString());
      }
      away = true;
      return false;
    }
  }

  private boolean take(boolean ended) {
    int free = places.drainPermits();
    int taken = 0;
    try {
      if (free > 0) {
        for (Turn turn : turns.take(ended, HOLD, free)) {
          taken++;
          Thread.ofVirtual().name("job").start(() -> work(turn));
        }
      }
    } finally {
      places.release(free - taken);
    }
    return free > 0 && taken == free;
  }

  private void work(Turn turn) {
    try (var _ = RequestScope.working("", turn.tenant().toString())) {
      step.take(turn);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("job {} is looked at again later: {}", turn.job(), e.toString());
    } finally {
      places.release();
    }
  }
}
