package dev.hermes.operator.health;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.Controller;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.Cache;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The framework's work as figures, by kind: how long a look takes, what waits, when the last one
 * went well, and whether changes are seen at all. The framework's own are three times as many
 * series and have no time of the last success.
 */
public final class ReconcileMetrics implements Metrics {
  private static final String KIND = "kind";

  private final MeterRegistry registry;
  private final Duration interval;
  private final Clock clock;
  private final Map<String, Looks> kinds = new ConcurrentHashMap<>();
  private final Map<String, Looks> controllers = new ConcurrentHashMap<>();

  /**
   * @param interval in which each object is looked at once
   */
  public ReconcileMetrics(MeterRegistry registry, Duration interval, Clock clock) {
    this.registry = registry;
    this.interval = interval;
    this.clock = clock;
  }

  /** What is known of one kind. */
  private static final class Looks {
    private final Timer took;
    private final Set<ResourceID> waiting = ConcurrentHashMap.newKeySet();
    private volatile long lastSuccess;

    Looks(Timer took, long now) {
      this.took = took;
      this.lastSuccess = now;
    }

    /** What is deleted while it waits is not looked at any more, and nobody says so. */
    long waiting(Cache<?> objects) {
      waiting.removeIf(id -> !objects.contains(id));
      return waiting.size();
    }
  }

  @Override
  public void controllerRegistered(Controller<? extends HasMetadata> controller) {
    watch(
        HasMetadata.getKind(controller.getConfiguration().getResourceClass()),
        controller.getConfiguration().getName(),
        // not at once: a controller tells of itself before it is whole
        () -> controller.getEventSourceManager().getControllerEventSource(),
        () -> controller.getControllerHealthInfo().unhealthyEventSources().size());
  }

  void watch(
      String kind, String controller, Supplier<Cache<?>> objects, IntSupplier brokenWatches) {
    // a process that has just begun has had no time to fail
    Looks looks = new Looks(timer(kind), clock.instant().getEpochSecond());
    kinds.put(kind, looks);
    controllers.put(controller, looks);
    gauge("hermes_reconcile_objects", kind, () -> objects.get().keys().count());
    gauge("hermes_reconcile_queue", kind, () -> looks.waiting(objects.get()));
    gauge("hermes_reconcile_last_success_timestamp_seconds", kind, () -> looks.lastSuccess);
    gauge("hermes_reconcile_interval_seconds", kind, interval::toSeconds);
    gauge("hermes_informers_unhealthy", kind, brokenWatches::getAsInt);
  }

  @Override
  public void reconcileCustomResource(
      HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
    Looks looks = kinds.get(resource.getKind());
    if (looks != null) {
      looks.waiting.add(ResourceID.fromResource(resource));
    }
  }

  @Override
  public void reconciliationExecutionStarted(HasMetadata resource, Map<String, Object> metadata) {
    Looks looks = kinds.get(resource.getKind());
    if (looks != null) {
      looks.waiting.remove(ResourceID.fromResource(resource));
    }
  }

  @Override
  public void finishedReconciliation(HasMetadata resource, Map<String, Object> metadata) {
    Looks looks = kinds.get(resource.getKind());
    if (looks != null) {
      looks.lastSuccess = clock.instant().getEpochSecond();
    }
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    long begun = System.nanoTime();
    try {
      return execution.execute();
    } finally {
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      Looks looks = controllers.get(execution.controllerName());
      if (looks != null) {
        looks.took.record(took);
      }
    }
  }

  private Timer timer(String kind) {
    return Timer.builder("hermes_reconcile_duration")
        .description("One look at one object, whether it went well or not")
        .tag(KIND, kind)
        .serviceLevelObjectives(
            Duration.ofMillis(10),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60))
        .register(registry);
  }

  private void gauge(String name, String kind, Supplier<Number> value) {
    Gauge.builder(name, value).tag(KIND, kind).strongReference(true).register(registry);
  }
}
