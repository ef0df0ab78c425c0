package dev.hermes.api.chat;

import io.micronaut.context.annotation.Value;
import io.micronaut.http.HttpRequest;
import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
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
  private final Map<String, Watched> running = new ConcurrentHashMap<>();

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
    private final String requestId;
    private final Interruption interruption;
    private final ClientConnection connection;
    private final Future<?> deadline;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    private Watched(
        String requestId,
        Interruption interruption,
        ClientConnection connection,
        Future<?> deadline) {
      this.requestId = requestId;
      this.interruption = interruption;
      this.connection = connection;
      this.deadline = deadline;
    }

    @Override
    public void close() {
      connection.close();
      deadline.cancel(false);
      running.remove(requestId, this);
      ended.complete(true);
    }
  }

  /** Waits for the turns that run; those that take long are asked to end with what they have. */
  @Override
  public CompletionStage<?> shutdownGracefully() {
    timer.schedule(
        () ->
            running.values().forEach(turn -> turn.interruption.raise(Interruption.Cause.SHUTDOWN)),
        drain.toMillis(),
        TimeUnit.MILLISECONDS);
    return GracefulShutdownCapable.allOf(running.values().stream().map(turn -> turn.ended));
  }

  @Override
  public OptionalLong reportActiveTasks() {
    return OptionalLong.of(running.size());
  }

  /**
   * @param onHangUp called at once when the client has closed its connection
   */
  Watched over(
      HttpRequest<?> request, String requestId, Interruption interruption, Runnable onHangUp) {
    Watched turn =
        new Watched(
            requestId,
            interruption,
            ClientConnection.watch(request, onHangUp),
            timer.schedule(
                () -> interruption.raise(Interruption.Cause.WALL_CLOCK),
                most.toMillis(),
                TimeUnit.MILLISECONDS));
    running.put(requestId, turn);
    return turn;
  }

  /** Ends the turn of that request with what it has; false when it does not run here. */
  boolean abort(String requestId) {
    Watched turn = running.get(requestId);
    if (turn == null) {
      return false;
    }
    turn.interruption.raise(Interruption.Cause.ABORTED);
    return true;
  }
}
