package dev.hermes.api.body;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for a request's body, but not for ever: a client that drips bytes holds nothing for long.
 */
public final class RequestBody {
  public static final int SECONDS = 30;

  private RequestBody() {}

  public static byte[] await(CompletableFuture<byte[]> body, int seconds)
      throws InterruptedException {
    try {
      byte[] bytes = body.get(seconds, TimeUnit.SECONDS);
      return bytes == null ? new byte[0] : bytes;
    } catch (TimeoutException e) {
      body.cancel(true);
      throw new ApiException(
          Failure.timeout("The body did not arrive within " + seconds + " seconds.")
              .with("Connection", "close"));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ContentLengthExceededException) {
        throw new ApiException(Failure.tooLarge("The body is larger than 1 MiB."));
      }
      throw new ApiException(Failure.malformed("The body cannot be read."));
    }
  }
}
