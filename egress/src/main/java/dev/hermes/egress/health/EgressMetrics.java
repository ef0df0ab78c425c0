package dev.hermes.egress.health;

import dev.hermes.crds.egress.EgressReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/** The proxy's figures; their names are API, people write alerts on them. */
public final class EgressMetrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** Counters by name and tags: a look-up by the registry for each buffer would cost more. */
  private final Map<String, Counter> counters = new ConcurrentHashMap<>();

  public String scrape() {
    return registry.scrape();
  }

  /** How full the heap is, and what collecting costs; for as long as the process lives. */
  @SuppressWarnings("resource")
  public void watchJvm() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmGcMetrics().bindTo(registry);
  }

  public void connections(IntSupplier open) {
    Gauge.builder("hermes_egress_connections", open, IntSupplier::getAsInt)
        .description("Open connections of sandboxes")
        // nobody else holds the function, and a gauge whose function is gone says NaN
        .strongReference(true)
        .register(registry);
    dropped(0);
  }

  /**
   * @param tenant name of a Tenant that exists, or "unknown": callers cannot make up new ones
   */
  public void denied(String tenant, EgressReason reason) {
    counter("hermes_egress_denied", tenant, "reason", reason.name()).increment();
  }

  public void failed(String tenant) {
    counters
        .computeIfAbsent(
            "hermes_egress_failed " + tenant,
            key -> registry.counter("hermes_egress_failed", "tenant", tenant))
        .increment();
  }

  public void bytes(String tenant, String direction, long bytes) {
    counter("hermes_egress_bytes", tenant, "direction", direction).increment(bytes);
  }

  /** Denials that log, Events and report do not have. */
  public void dropped(long denials) {
    counters
        .computeIfAbsent(
            "hermes_egress_reports_dropped",
            key -> registry.counter("hermes_egress_reports_dropped"))
        .increment(denials);
  }

  private Counter counter(String name, String tenant, String tag, String value) {
    return counters.computeIfAbsent(
        name + " " + tenant + " " + value,
        key -> registry.counter(name, "tenant", tenant, tag, value));
  }
}
