package dev.hermes.api.model;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A watch over one exchange, which it ends when nothing was heard of it for long; close it with the
 * exchange. It counts looks and not the clock: a process that stood still for a while, for its
 * garbage or for want of a core, has not listened, and cannot blame the upstream. Nor can one that
 * is {@link #away}, handing on what it heard to a client that reads slowly.
 */
final class Silence implements AutoCloseable {
  private static final int LOOKS = 8;
  private static final long MOST_BETWEEN_MILLIS = 1000;
  private static final long LEAST_BETWEEN_MILLIS = 20;

  private final Runnable end;
  private final long looks;
  private volatile boolean heard;
  private volatile boolean away;
  private volatile boolean expired;
  private long quietLooks;
  private @Nullable Future<?> check;

  private Silence(Runnable end, long looks) {
    this.end = end;
    this.looks = looks;
  }

  /**
   * @param end ends the exchange, from another thread
   * @param longest how long a silence may be; kept to an eighth of it, or to a second
   */
  static Silence over(Runnable end, Duration longest, ScheduledExecutorService timer) {
    long between =
        Math.clamp(longest.toMillis() / LOOKS, LEAST_BETWEEN_MILLIS, MOST_BETWEEN_MILLIS);
    Silence silence = new Silence(end, Math.ceilDiv(longest.toMillis(), between));
    synchronized (silence) {
      silence.check =
          timer.scheduleWithFixedDelay(silence::look, between, between, TimeUnit.MILLISECONDS);
    }
    return silence;
  }

  /** Something came, and more is waited for. */
  void heard() {
    heard = true;
    away = false;
  }

  /** Nothing is waited for until the next {@link #heard}. */
  void away() {
    away = true;
  }

  boolean expired() {
    return expired;
  }

  @Override
  public synchronized void close() {
    if (check != null) {
      check.cancel(false);
    }
  }

  private synchronized void look() {
    if (heard || away) {
      heard = false;
      quietLooks = 0;
      return;
    }
    quietLooks++;
    if (quietLooks < looks) {
      return;
    }
    expired = true;
    close();
    end.run();
  }
}
