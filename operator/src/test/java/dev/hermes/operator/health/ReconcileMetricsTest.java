package dev.hermes.operator.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.database.testing.Scrape;
import dev.hermes.operator.health.OperatorMetrics.CanaryResult;
import dev.hermes.operator.health.OperatorMetrics.KeyExpiry;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.monitoring.Metrics.ControllerExecution;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.Cache;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReconcileMetricsTest {
  private static final Map<String, Object> NOTHING = Map.of();

  private final OperatorMetrics metrics = new OperatorMetrics();
  private final Objects objects = new Objects();
  private Instant now = Instant.ofEpochSecond(1_000);
  private int broken;
  private final ReconcileMetrics reconciles =
      new ReconcileMetrics(
          metrics.registry(),
          Duration.ofMinutes(10),
          new Clock() {
            @Override
            public ZoneOffset getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now;
            }
          });

  ReconcileMetricsTest() {
    reconciles.watch("Tenant", "tenant", () -> objects, () -> broken);
  }

  /** What the informer has. */
  private static final class Objects implements Cache<Tenant> {
    private final Map<ResourceID, Tenant> all = new HashMap<>();

    @Override
    public Optional<Tenant> get(ResourceID id) {
      return Optional.ofNullable(all.get(id));
    }

    @Override
    public Stream<ResourceID> keys() {
      return all.keySet().stream();
    }

    @Override
    public Stream<Tenant> list(Predicate<Tenant> which) {
      return all.values().stream().filter(which);
    }
  }

  private record Look(boolean fails) implements ControllerExecution<String> {
    @Override
    public String name() {
      return "reconcile";
    }

    @Override
    public String controllerName() {
      return "tenant";
    }

    @Override
    public String successTypeName(String result) {
      return result;
    }

    @Override
    public ResourceID resourceID() {
      return new ResourceID("acme");
    }

    @Override
    public Map<String, Object> metadata() {
      return NOTHING;
    }

    @Override
    public String execute() {
      if (fails) {
        throw new IllegalStateException("the database is away");
      }
      return "";
    }
  }

  private Tenant tenant(String name) {
    Tenant tenant = new Tenant();
    tenant.setMetadata(new ObjectMetaBuilder().withName(name).build());
    objects.all.put(ResourceID.fromResource(tenant), tenant);
    return tenant;
  }

  private double value(String name) {
    return Scrape.of(metrics.scrape()).highest(name);
  }

  @Test
  @DisplayName("OBS-4 what waits is counted, once, until its turn comes or it is deleted")
  void queue() {
    Tenant one = tenant("one");
    Tenant two = tenant("two");
    reconciles.reconcileCustomResource(one, null, NOTHING);
    reconciles.reconcileCustomResource(one, null, NOTHING);
    reconciles.reconcileCustomResource(two, null, NOTHING);
    assertThat(value("hermes_reconcile_queue")).isEqualTo(2);
    reconciles.reconciliationExecutionStarted(one, NOTHING);
    assertThat(value("hermes_reconcile_queue")).isEqualTo(1);
    objects.all.clear();
    assertThat(value("hermes_reconcile_queue")).isZero();
    assertThat(value("hermes_reconcile_objects")).isZero();
  }

  @Test
  @DisplayName("OBS-4 the time of the last success stands still while looks fail")
  void success() throws Exception {
    Tenant tenant = tenant("acme");
    assertThat(value("hermes_reconcile_last_success_timestamp_seconds")).isEqualTo(1_000);
    now = Instant.ofEpochSecond(2_000);
    reconciles.timeControllerExecution(new Look(false));
    reconciles.finishedReconciliation(tenant, NOTHING);
    now = Instant.ofEpochSecond(3_000);
    assertThatThrownBy(() -> reconciles.timeControllerExecution(new Look(true)))
        .isInstanceOf(IllegalStateException.class);
    reconciles.failedReconciliation(tenant, new IllegalStateException(), NOTHING);
    assertThat(value("hermes_reconcile_last_success_timestamp_seconds")).isEqualTo(2_000);
    assertThat(value("hermes_reconcile_duration_seconds_count")).isEqualTo(2);
  }

  @Test
  @DisplayName("OBS-4 a watch that is broken is seen")
  void broken() {
    assertThat(value("hermes_informers_unhealthy")).isZero();
    broken = 1;
    assertThat(value("hermes_informers_unhealthy")).isEqualTo(1);
  }

  @Test
  @DisplayName("OBS-2 names, types and labels of all that the operator shows")
  void golden() throws Exception {
    metrics.watchJvm();
    metrics.leads(() -> true);
    metrics.informer("Pod", () -> true);
    metrics.gauge("hermes_tenants", "phase", List.of("Ready"), phase -> 3);
    metrics.gauge("hermes_sandbox_pods", "state", List.of("warm"), state -> 2);
    metrics.count("Tenant", Reason.DatabaseUnavailable);
    metrics.canaries(
        List.of(new CanaryResult("default", "network", true)),
        Map.of("default", Duration.ofMinutes(5)));
    metrics.keyExpiries(List.of(new KeyExpiry("0198f5b2", "team/app", Duration.ofDays(3))));
    metrics.purgeResults(List.of("purged"));
    reconciles.timeControllerExecution(new Look(false));
    Scrape.of(metrics.scrape()).isGolden();
  }
}
