package dev.hermes.api.chat;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Stops a turn from outside: the client has left, or the time is over. Only calls of models and
 * tools are interrupted; an interrupt inside a transaction would cost its connection.
 */
final class Interruption {
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Thread running;
  private @Nullable Cause cause;

  enum Cause {
    CLIENT_GONE,
    /** Its owner wants it to end. */
    ABORTED,
    WALL_CLOCK,
    SHUTDOWN,
    /** Its key was taken over while it was thought dead. */
    SUPERSEDED
  }

  /** What may be interrupted. */
  @FunctionalInterface
  interface Call<T, X extends Exception> {
    T run() throws InterruptedException, X;
  }

  /** The first cause counts. */
  void raise(Cause why) {
    lock.lock();
    try {
      cause = cause == null ? why : cause;
      if (running != null) {
        running.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  Optional<Cause> cause() {
    lock.lock();
    try {
      return Optional.ofNullable(cause);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs the call on this thread, unless it is too late; afterwards no interrupt is left over. What
   * an interrupt breaks on its way, as a tool's statement that was just being sent, is the
   * interrupt's end and no failure of its own.
   */
  <T, X extends Exception> T during(Call<T, X> call) throws InterruptedException, X {
    enter();
    try {
      return call.run();
    } catch (RuntimeException e) {
      Optional<Cause> why = cause();
      boolean gone = e instanceof ClientGoneException;
      // one that only waited for its client's slow reading was interrupted too
      if (why.isEmpty() || gone && why.get() == Cause.CLIENT_GONE) {
        throw e;
      }
      InterruptedException interrupted = new InterruptedException(why.get().name());
      interrupted.initCause(e);
      throw interrupted;
    } finally {
      leave();
    }
  }

  private void enter() throws InterruptedException {
    lock.lock();
    try {
      if (cause != null) {
        throw new InterruptedException(cause.name());
      }
      running = Thread.currentThread();
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      running = null;
      Thread.interrupted();
    } finally {
      lock.unlock();
    }
  }
}
