package dev.hermes.api.chat;

import io.micronaut.context.annotation.Value;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Interrupts turns that take too long or that nobody waits for any more. */
@Singleton
final class TurnWatch {
  private final ScheduledExecutorService timer;
  private final Duration most;

  TurnWatch(ScheduledExecutorService timer, @Value("${hermes.turn-seconds:300s}") Duration most) {
    this.timer = timer;
    this.most = most;
  }

  /** A turn being watched; closed when it has ended. */
  record Watched(ClientConnection connection, Future<?> deadline) implements AutoCloseable {
    @Override
    public void close() {
      connection.close();
      deadline.cancel(false);
    }
  }

  /**
   * @param onHangUp called at once when the client has closed its connection
   */
  Watched over(HttpRequest<?> request, Interruption interruption, Runnable onHangUp) {
    return new Watched(
        ClientConnection.watch(request, onHangUp),
        timer.schedule(
            () -> interruption.raise(Interruption.Cause.WALL_CLOCK),
            most.toMillis(),
            TimeUnit.MILLISECONDS));
  }
}
