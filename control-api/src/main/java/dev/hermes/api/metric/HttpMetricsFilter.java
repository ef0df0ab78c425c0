package dev.hermes.api.metric;

import dev.hermes.api.identity.Principal;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.BasicHttpAttributes;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts answers; of a path only its template, so that nobody can make series at will. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class HttpMetricsFilter implements Ordered {
  private static final String BEGUN = "hermes.begun";

  private final MeterRegistry meters;
  private final AtomicInteger inFlight;

  HttpMetricsFilter(MeterRegistry meters) {
    this.meters = meters;
    this.inFlight = meters.gauge("hermes_http_requests_in_flight", new AtomicInteger());
  }

  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE + 100;
  }

  @RequestFilter
  void begin(HttpRequest<?> request) {
    request.setAttribute(BEGUN, System.nanoTime());
    inFlight.incrementAndGet();
  }

  @ResponseFilter
  void end(HttpRequest<?> request, HttpResponse<?> response) {
    long begun = request.getAttribute(BEGUN, Long.class).orElse(0L);
    if (begun == 0) {
      return;
    }
    inFlight.decrementAndGet();
    String path = BasicHttpAttributes.getUriTemplate(request).orElse("none");
    String tenant = Principal.find(request).map(it -> it.tenant().toString()).orElse("");
    meters
        .counter(
            "hermes_http_requests",
            "method",
            request.getMethod().name(),
            "path",
            path,
            "status",
            Integer.toString(response.code()),
            "tenant_id",
            tenant)
        .increment();
    Timer.builder("hermes_http_request_duration")
        .tags("method", request.getMethod().name(), "path", path)
        .publishPercentileHistogram(false)
        .serviceLevelObjectives(
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .register(meters)
        .record(Duration.ofNanos(System.nanoTime() - begun));
  }
}
