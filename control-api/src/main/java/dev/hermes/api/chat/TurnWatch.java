package dev.hermes.api.chat;

import io.micronaut.context.annotation.Value;
import io.micronaut.http.HttpRequest;
import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Interrupts turns that take too long or that nobody waits for any more, and lets those that run
 * come to an end before the process does: what they used is written then.
 */
@Singleton
final class TurnWatch implements GracefulShutdownCapable {
  private final ScheduledExecutorService timer;
  private final Duration most;
  private final Duration drain;
  private final Set<Watched> running = ConcurrentHashMap.newKeySet();

  TurnWatch(
      ScheduledExecutorService timer,
      @Value("${hermes.turn-seconds:300s}") Duration most,
      @Value("${hermes.drain:18s}") Duration drain) {
    this.timer = timer;
    this.most = most;
    this.drain = drain;
  }

  /** A turn being watched; closed when it has ended. */
  final class Watched implements AutoCloseable {
    private final Interruption interruption;
    private final ClientConnection connection;
    private final Future<?> deadline;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    private Watched(Interruption interruption, ClientConnection connection, Future<?> deadline) {
      this.interruption = interruption;
      this.connection = connection;
      this.deadline = deadline;
    }

    @Override
    public void close() {
      connection.close();
      deadline.cancel(false);
      running.remove(this);
      ended.complete(true);
    }
  }

  /** Waits for the turns that run; those that take long are asked to end with what they have. */
  @Override
  public CompletionStage<?> shutdownGracefully() {
    timer.schedule(
        () -> running.forEach(turn -> turn.interruption.raise(Interruption.Cause.SHUTDOWN)),
        drain.toMillis(),
        TimeUnit.MILLISECONDS);
    return GracefulShutdownCapable.allOf(running.stream().map(turn -> turn.ended));
  }

  @Override
  public OptionalLong reportActiveTasks() {
    return OptionalLong.of(running.size());
  }

  /**
   * @param onHangUp called at once when the client has closed its connection
   */
  Watched over(HttpRequest<?> request, Interruption interruption, Runnable onHangUp) {
    Watched turn =
        new Watched(
            interruption,
            ClientConnection.watch(request, onHangUp),
            timer.schedule(
                () -> interruption.raise(Interruption.Cause.WALL_CLOCK),
                most.toMillis(),
                TimeUnit.MILLISECONDS));
    running.add(turn);
    return turn;
  }
}
