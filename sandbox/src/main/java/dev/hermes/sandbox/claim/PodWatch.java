package dev.hermes.sandbox.claim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.URLUtils;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Watches one pod for a short time. Asking for it again and again would cost the API server a pod
 * of several kilobytes each time, and who waits half a pause on the average.
 */
final class PodWatch {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Shorter than any timeout of a request on the way. */
  private static final Duration MOST = Duration.ofSeconds(5);

  private final KubernetesClient kubernetes;

  PodWatch(KubernetesClient kubernetes) {
    this.kubernetes = kubernetes;
  }

  /**
   * Waits for the pod to be so, from the state that is known on.
   *
   * @param pod with its resourceVersion
   * @param most how long, bounded by {@link #MOST}
   * @return the pod as it is so; empty when its time is over, it is gone, or cannot be watched
   */
  Optional<JsonNode> await(JsonNode pod, Duration most, Predicate<JsonNode> so)
      throws InterruptedException {
    Duration wait = most.compareTo(MOST) < 0 ? most : MOST;
    CompletableFuture<Optional<JsonNode>> seen = new CompletableFuture<>();
    Events events = new Events(so, seen);
    HttpClient http = kubernetes.getHttpClient();
    CompletableFuture<HttpResponse<AsyncBody>> response =
        http.consumeBytes(request(http, pod, wait), events);
    response.whenComplete((answer, failure) -> {
      if (failure != null || !answer.isSuccessful()) {
        seen.complete(Optional.empty());
        return;
      }
      answer.body().done().whenComplete((done, broken) -> seen.complete(Optional.empty()));
      answer.body().consume();
    });
    try {
      return seen.get(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw new IllegalStateException("it is only ever completed", e);
    } finally {
      response.thenAccept(answer -> answer.body().cancel());
    }
  }

  private HttpRequest request(HttpClient http, JsonNode pod, Duration wait) {
    JsonNode metadata = pod.path("metadata");
    String path =
        "/api/v1/namespaces/%s/pods?watch=true&fieldSelector=%s&resourceVersion=%s&timeoutSeconds=%d"
            .formatted(
                metadata.path("namespace").asText(),
                URLEncoder.encode(
                    "metadata.name=" + metadata.path("name").asText(), StandardCharsets.UTF_8),
                metadata.path("resourceVersion").asText(),
                wait.toSeconds() + 1);
    return http.newHttpRequestBuilder()
        .uri(URI.create(URLUtils.join(kubernetes.getMasterUrl().toString(), path)))
        .header("Accept", "application/json")
        .build();
  }

  /** A line is an event. */
  private static final class Events implements AsyncBody.Consumer<List<ByteBuffer>> {
    private final Predicate<JsonNode> so;
    private final CompletableFuture<Optional<JsonNode>> seen;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Events(Predicate<JsonNode> so, CompletableFuture<Optional<JsonNode>> seen) {
      this.so = so;
      this.seen = seen;
    }

    @Override
    public void consume(List<ByteBuffer> buffers, AsyncBody body) throws IOException {
      for (ByteBuffer buffer : buffers) {
        while (buffer.hasRemaining()) {
          byte next = buffer.get();
          if (next == '\n') {
            event(JSON.readTree(line.toByteArray()));
            line.reset();
          } else {
            line.write(next);
          }
        }
      }
      body.consume();
    }

    private void event(JsonNode event) {
      switch (event.path("type").asText()) {
        case "ADDED", "MODIFIED" -> {
          if (so.test(event.path("object"))) {
            seen.complete(Optional.of(event.path("object")));
          }
        }
        // gone, or a version that is too old
        default -> seen.complete(Optional.empty());
      }
    }
  }
}
