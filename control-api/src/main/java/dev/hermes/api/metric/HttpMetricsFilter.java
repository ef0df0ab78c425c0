package dev.hermes.api.metric;

import dev.hermes.api.identity.Principal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.BasicHttpAttributes;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts answers; of a path only its template, so that nobody can make series at will. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class HttpMetricsFilter implements Ordered {
  private static final String BEGUN = "hermes.begun";

  private final MeterRegistry meters;
  private final TenantLabel tenants;
  private final AtomicInteger inFlight;

  // To ask the registry costs more than to count.
  private final Map<Answered, Counter> answers = new ConcurrentHashMap<>();
  private final Map<Route, Timer> durations = new ConcurrentHashMap<>();

  HttpMetricsFilter(MeterRegistry meters, TenantLabel tenants) {
    this.meters = meters;
    this.tenants = tenants;
    this.inFlight = meters.gauge("hermes_http_requests_in_flight", new AtomicInteger());
  }

  private record Route(HttpMethod method, String path) {}

  private record Answered(Route route, int status, String tenant) {}

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
    Route route =
        new Route(request.getMethod(), BasicHttpAttributes.getUriTemplate(request).orElse("none"));
    String tenant = Principal.find(request).map(it -> tenants.of(it.tenant())).orElse("");
    answers
        .computeIfAbsent(new Answered(route, response.code(), tenant), this::counter)
        .increment();
    durations
        .computeIfAbsent(route, this::timer)
        .record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
  }

  private Counter counter(Answered answered) {
    return Counter.builder("hermes_http_requests")
        .tag("method", answered.route().method().name())
        .tag("path", answered.route().path())
        .tag("status", Integer.toString(answered.status()))
        .tag(TenantLabel.TAG, answered.tenant())
        .register(meters);
  }

  private Timer timer(Route route) {
    return meters.timer(
        "hermes_http_request_duration", "method", route.method().name(), "path", route.path());
  }
}
