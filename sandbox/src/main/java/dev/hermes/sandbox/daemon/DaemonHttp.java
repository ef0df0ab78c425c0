package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests to daemons: HTTP/1.1 with kept connections, a token on each, and the answer's pod
 * checked. Pod addresses are used again, so a pod not heard of lately is asked who it is before it
 * is sent any code.
 */
final class DaemonHttp implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration HEALTH = Duration.ofSeconds(5);

  /** Output is bounded by policy at 1 MiB a stream; escaped, it may be six times that. */
  private static final long MOST_ANSWER = 16L << 20;

  private static final int MOST_REFUSAL = 16 << 10;

  private static final BodyHandler<byte[]> BODY =
      BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_ANSWER);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final PodTokens tokens;
  private final Supplier<Optional<String>> traceparent;

  DaemonHttp(TokenSigner signer, Supplier<Optional<String>> traceparent) {
    this.tokens = new PodTokens(signer);
    this.traceparent = traceparent;
  }

  HttpResponse<byte[]> send(Endpoint endpoint, HttpRequest.Builder request, Duration timeout)
      throws DaemonException, InterruptedException {
    HttpResponse<byte[]> response = exchange(endpoint, signed(endpoint, request), BODY, timeout);
    if (response.statusCode() / 100 != 2) {
      throw refusal(response.statusCode(), response.body());
    }
    return response;
  }

  /**
   * An answer that is read as it comes. Closing it ends the request.
   *
   * @param timeout of its beginning
   */
  InputStream open(Endpoint endpoint, HttpRequest.Builder request, Duration timeout)
      throws DaemonException, InterruptedException {
    HttpResponse<InputStream> response =
        exchange(endpoint, signed(endpoint, request), BodyHandlers.ofInputStream(), timeout);
    if (response.statusCode() / 100 == 2) {
      return response.body();
    }
    try (InputStream body = response.body()) {
      throw refusal(response.statusCode(), body.readNBytes(MOST_REFUSAL));
    } catch (DaemonException e) {
      throw e;
    } catch (IOException e) {
      throw new DaemonException.Broken("HTTP status " + response.statusCode(), e);
    }
  }

  private HttpRequest signed(Endpoint endpoint, HttpRequest.Builder request)
      throws DaemonException, InterruptedException {
    request.header("X-Access-Token", token(endpoint));
    traceparent.get().ifPresent(parent -> request.header("traceparent", parent));
    return request.build();
  }

  /** Posts JSON and answers with what comes back, as the daemon's calls without a stream do. */
  HttpResponse<byte[]> post(Endpoint endpoint, String path, JsonNode body, Duration timeout)
      throws DaemonException, InterruptedException {
    return send(
        endpoint,
        HttpRequest.newBuilder(DaemonClient.uri(endpoint, path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())),
        timeout);
  }

  /** The pod's token, once it is sure that this pod answers at its address. */
  String token(Endpoint endpoint) throws DaemonException, InterruptedException {
    if (!tokens.isKnown(endpoint.podUid())) {
      health(endpoint);
    }
    return tokens.token(endpoint.podUid());
  }

  boolean health(Endpoint endpoint) throws DaemonException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(DaemonClient.uri(endpoint, "/health")).build();
    return exchange(endpoint, request, BODY, HEALTH).statusCode() == 204;
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }

  private <T> HttpResponse<T> exchange(
      Endpoint endpoint, HttpRequest request, BodyHandler<T> body, Duration timeout)
      throws DaemonException, InterruptedException {
    HttpResponse<T> response = await(http.sendAsync(request, body), timeout);
    String uid = response.headers().firstValue("X-Hermes-Pod-Uid").orElse("");
    if (!uid.equals(endpoint.podUid())) {
      tokens.forget(endpoint.podUid());
      close(response.body());
      throw new DaemonException.PodChanged();
    }
    tokens.heardOf(endpoint.podUid());
    return response;
  }

  /** What is streamed and not read would hold its connection. */
  static void close(Object body) {
    if (body instanceof InputStream stream) {
      try {
        stream.close();
      } catch (IOException e) {
        throw new UncheckedIOException("a stream of the HTTP client does not fail to close", e);
      }
    }
  }

  private static <T> HttpResponse<T> await(
      CompletableFuture<HttpResponse<T>> answer, Duration timeout)
      throws DaemonException, InterruptedException {
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      dismiss(answer);
      throw e;
    } catch (TimeoutException e) {
      dismiss(answer);
      throw new DaemonException.Late(e);
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  /**
   * A stream that has come meanwhile would be nobody's, and what it is the answer to would last.
   */
  private static <T> void dismiss(CompletableFuture<HttpResponse<T>> answer) {
    if (!answer.cancel(true)) {
      answer.thenAccept(late -> close(late.body()));
    }
  }

  private static DaemonException failure(ExecutionException e) {
    @Nullable Throwable cause = e.getCause();
    if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
      return new DaemonException.Unreachable(e);
    }
    return new DaemonException.Broken("the sandbox broke off its answer", e);
  }

  private static DaemonException refusal(int status, byte[] answer) {
    try {
      JsonNode body = JSON.readTree(answer);
      return new DaemonException.Refused(
          body.path("code").asText("unknown"),
          body.path("message").asText("HTTP status " + status));
    } catch (IOException e) {
      return new DaemonException.Broken("HTTP status " + status, e);
    }
  }
}
