package dev.hermes.api.dataplane;

import dev.hermes.api.health.LameDuck;
import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import jakarta.inject.Singleton;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The end of this process: before it, each connection ends with its answer (RFC 9112, 9.6), and
 * what runs over one may come to its end within the grace period of the application.
 */
@Singleton
final class Departure implements GracefulShutdownCapable {
  private final LameDuck lameDuck;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final CompletableFuture<Void> idle = new CompletableFuture<>();
  private volatile boolean begun;

  Departure(LameDuck lameDuck) {
    this.lameDuck = lameDuck;
  }

  /** One request, from its first byte to the last of its answer; closing it again does nothing. */
  final class Stay implements AutoCloseable {
    private final AtomicBoolean over = new AtomicBoolean();

    private Stay() {
      inFlight.incrementAndGet();
    }

    @Override
    public void close() {
      if (over.compareAndSet(false, true) && inFlight.decrementAndGet() == 0 && begun) {
        idle.complete(null);
      }
    }
  }

  Stay enter() {
    return new Stay();
  }

  /** Whether a client does better to open its next connection elsewhere. */
  boolean isNear() {
    return begun || lameDuck.isLeaving();
  }

  @Override
  public CompletionStage<?> shutdownGracefully() {
    begun = true;
    if (inFlight.get() == 0) {
      idle.complete(null);
    }
    return idle;
  }

  @Override
  public OptionalLong reportActiveTasks() {
    return OptionalLong.of(inFlight.get());
  }
}
