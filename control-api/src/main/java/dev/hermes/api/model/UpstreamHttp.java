package dev.hermes.api.model;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

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

  /** Closes the body when nothing was {@link Silence#heard} of it for this long. */
  Silence watch(InputStream body, Duration silence) {
    return new Silence(body, silence, timer);
  }

  /** A watch over one body; close it with the body. */
  static final class Silence implements AutoCloseable {
    private final InputStream body;
    private final long nanos;
    private final Future<?> check;
    private volatile long heard = System.nanoTime();
    private volatile boolean expired;

    Silence(InputStream body, Duration silence, ScheduledExecutorService timer) {
      this.body = body;
      this.nanos = silence.toNanos();
      long period = Math.clamp(silence.toMillis() / 8, 20L, 1000L);
      this.check = timer.scheduleWithFixedDelay(this::check, period, period, TimeUnit.MILLISECONDS);
    }

    void heard() {
      heard = System.nanoTime();
    }

    boolean expired() {
      return expired;
    }

    @Override
    public void close() {
      check.cancel(false);
    }

    private void check() {
      if (System.nanoTime() - heard < nanos) {
        return;
      }
      expired = true;
      check.cancel(false);
      try {
        body.close();
      } catch (IOException e) {
        // it is being given up anyway
        return;
      }
    }
  }
}
