package dev.hermes.api.toolserver;

import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Bounds a whole exchange, from the name's look-up to the last byte. The work has a virtual thread
 * of its own: an interrupt closes the socket that one waits for.
 */
final class Deadline {
  private Deadline() {}

  static <T> T within(Duration most, Callable<T> work)
      throws ToolServerFailed, InterruptedException {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofVirtual().name("tool-server").start(task);
    try {
      return task.get(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new ToolServerFailed(
          Kind.TIMEOUT, "it did not answer within " + most.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw failed(e.getCause());
    } finally {
      task.cancel(true);
    }
  }

  private static ToolServerFailed failed(@Nullable Throwable cause) {
    return switch (cause) {
      case ToolServerFailed known -> known;
      case IOException broken ->
          new ToolServerFailed(Kind.UNREACHABLE, "the connection failed: " + words(broken));
      case RuntimeException wrong -> throw wrong;
      case Error error -> throw error;
      case null, default -> throw new IllegalStateException(cause);
    };
  }

  /** Such as: Connection refused. Never what was sent. */
  private static String words(IOException e) {
    String message = e.getMessage();
    return message == null || message.isEmpty() ? e.getClass().getSimpleName() : message;
  }
}
