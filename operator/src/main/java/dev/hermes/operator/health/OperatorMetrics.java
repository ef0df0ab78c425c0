package dev.hermes.operator.health;

import dev.hermes.crds.Reason;
import dev.hermes.operator.kube.ErrorCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;

/** The operator's own figures; their names are API, people write alerts on them. */
public final class OperatorMetrics implements ErrorCounter {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicInteger violations = new AtomicInteger();
  private final Timer tenantReady;

  public OperatorMetrics() {
    Gauge.builder("hermes_rls_violations", violations, AtomicInteger::get)
        .description("What the hourly check of row-level security found")
        .register(registry);
    tenantReady =
        Timer.builder("hermes_tenant_ready")
            .description("From the creation of a Tenant to Ready")
            .serviceLevelObjectives(
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                Duration.ofMinutes(5))
            .register(registry);
  }

  public PrometheusMeterRegistry registry() {
    return registry;
  }

  public String scrape() {
    return registry.scrape();
  }

  /** One gauge for each value of a tag, asked at each scrape. */
  public void gauge(
      String name, String tag, Iterable<String> values, ToDoubleFunction<String> count) {
    for (String value : values) {
      Gauge.builder(name, () -> count.applyAsDouble(value)).tag(tag, value).register(registry);
    }
  }

  @Override
  public void count(String kind, Reason reason) {
    registry.counter("hermes_reconcile_errors", "kind", kind, "reason", reason.name()).increment();
  }

  public void tenantReadyAfter(Duration duration) {
    tenantReady.record(duration);
  }

  public void violations(int found) {
    violations.set(found);
  }
}
