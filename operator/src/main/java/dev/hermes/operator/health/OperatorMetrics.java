package dev.hermes.operator.health;

import dev.hermes.crds.Reason;
import dev.hermes.operator.kube.ErrorCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The operator's own figures; their names are API, people write alerts on them. */
public final class OperatorMetrics implements ErrorCounter {
  private static final String NOTICES = "hermes_key_notices";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicInteger violations = new AtomicInteger();
  private final AtomicInteger purgeBreaker = new AtomicInteger();
  private final Timer tenantReady;
  private final MultiGauge canaryResults =
      MultiGauge.builder("hermes_canary_result")
          .description(
              "1 while the last canary saw this wall of the policy's sandboxes hold, else 0")
          .register(registry);
  private final MultiGauge canaryAges =
      MultiGauge.builder("hermes_canary_age_seconds")
          .description("Since the last canary of the policy ended")
          .register(registry);
  private final MultiGauge keyEnds =
      MultiGauge.builder("hermes_api_key_expiry_seconds")
          .description(
              "Until a key ends that nobody replaces; of the 500 that end first, in 30 days")
          .register(registry);

  public OperatorMetrics() {
    Gauge.builder("hermes_rls_violations", violations, AtomicInteger::get)
        .description("What the hourly check of row-level security found")
        .register(registry);
    Gauge.builder("hermes_purge_breaker_open", purgeBreaker, AtomicInteger::get)
        .description("1 while a mass deletion waits for the platform and nothing is purged")
        .register(registry);
    // from the start on, so that an alert sees 0 and not nothing
    List.of("sent", "failed").forEach(result -> registry.counter(NOTICES, "result", result));
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

  /** How full the heap is, and what collecting costs; for as long as the process lives. */
  @SuppressWarnings("resource")
  public void watchJvm() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmGcMetrics().bindTo(registry);
  }

  /** Whether this process does the work. */
  public void leads(BooleanSupplier leads) {
    Gauge.builder("hermes_operator_leads", () -> leads.getAsBoolean() ? 1 : 0).register(registry);
  }

  /** A watch that no controller has: changes of this kind are seen. */
  public void informer(String kind, BooleanSupplier healthy) {
    Gauge.builder("hermes_informers_unhealthy", () -> healthy.getAsBoolean() ? 0 : 1)
        .tag("kind", kind)
        .register(registry);
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

  /** Mails about keys that are going to end, {@code sent} or {@code failed}. */
  public void notice(String result) {
    registry.counter(NOTICES, "result", result).increment();
  }

  public void tenantReadyAfter(Duration duration) {
    tenantReady.record(duration);
  }

  public void violations(int found) {
    violations.set(found);
  }

  /** From the start on, so that an alert sees 0 and not nothing. */
  public void purgeResults(Iterable<String> results) {
    results.forEach(result -> registry.counter("hermes_purges", "result", result));
  }

  public void purged(String result) {
    registry.counter("hermes_purges", "result", result).increment();
  }

  /** One look of a canary at one wall. */
  public record CanaryResult(String policy, String check, boolean held) {}

  /** All that canaries know now, and the seconds since the last one of each policy ended. */
  public void canaries(List<CanaryResult> results, Map<String, Duration> ages) {
    canaryResults.register(
        results.stream()
            .map(r ->
                MultiGauge.Row.of(
                    Tags.of("policy", r.policy(), "check", r.check()), r.held() ? 1 : 0))
            .collect(Collectors.toList()),
        true);
    canaryAges.register(
        ages.entrySet().stream()
            .map(age ->
                MultiGauge.Row.of(Tags.of("policy", age.getKey()), age.getValue().toSeconds()))
            .collect(Collectors.toList()),
        true);
  }

  /**
   * A key that ends.
   *
   * @param tenantId as the API's figures name its tenant
   * @param key namespace and name of the APIKey
   */
  public record KeyExpiry(String tenantId, String key, Duration in) {}

  /** All keys that end soon; there must not be more of them than there may be series. */
  public void keyExpiries(List<KeyExpiry> ends) {
    keyEnds.register(
        ends.stream()
            .map(end ->
                MultiGauge.Row.of(
                    Tags.of("tenant_id", end.tenantId(), "key", end.key()), end.in().toSeconds()))
            .collect(Collectors.toList()),
        true);
  }

  public void purgeBreaker(boolean open) {
    purgeBreaker.set(open ? 1 : 0);
  }
}
