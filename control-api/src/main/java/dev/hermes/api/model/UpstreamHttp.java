package dev.hermes.api.model;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * HTTP to upstream providers, with a bound on each silence: the JDK's client stops watching once
 * the headers are there. What is tried again is the route's business.
 */
final class UpstreamHttp {
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final ScheduledExecutorService timer;

  UpstreamHttp(ScheduledExecutorService timer) {
    this.timer = timer;
  }

  /** Sends and returns once the headers are there. */
  HttpResponse<InputStream> send(HttpRequest.Builder request, Duration silence)
      throws IOException, InterruptedException {
    return http.send(request.timeout(silence).build(), BodyHandlers.ofInputStream());
  }

  /** Closes the body when nothing was {@link Silence#heard heard} of it for this long. */
  Silence watch(InputStream body, Duration silence) {
    return Silence.over(body, silence, timer);
  }
}
