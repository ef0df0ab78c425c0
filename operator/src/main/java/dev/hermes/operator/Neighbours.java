package dev.hermes.operator;

import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.health.OperatorMetrics;
import dev.hermes.operator.pool.PodFacts;
import dev.hermes.operator.sandboxpolicy.PolicyCounts;
import dev.hermes.operator.tenant.TenantCounts;
import dev.hermes.operator.tenant.TenantNeighbours;
import dev.hermes.operator.tenant.TenantPhase;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** What the capabilities know of each other: figures, and that something changed. */
final class Neighbours implements TenantNeighbours {
  private static final Duration NEW = Duration.ofHours(1);

  private final Wiring wiring;
  private final OperatorMetrics metrics;
  private final Clock clock;

  Neighbours(Wiring wiring, OperatorMetrics metrics, Clock clock) {
    this.wiring = wiring;
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public TenantCounts counts(String tenantName, Optional<String> namespace) {
    List<Pod> pods = namespace.map(wiring.pods()::in).orElse(List.of());
    return new TenantCounts(
        wiring.keys().active(tenantName),
        count(pods, pod -> !PodFacts.isClaimed(pod) && PodFacts.isReady(pod)),
        count(pods, PodFacts::isClaimed));
  }

  @Override
  public void changed(Tenant tenant) {
    wiring.keys().lookAtKeysOf(tenant.getMetadata().getName());
    if (tenant.getSpec() != null) {
      tenant.getSpec().sandbox().policies().forEach(wiring.policySignal()::look);
    }
  }

  @Override
  public void ready(Tenant tenant) {
    Duration age =
        Duration.between(
            Instant.parse(tenant.getMetadata().getCreationTimestamp()), clock.instant());
    // a tenant that comes back after an outage is not one that was slow to set up
    if (age.compareTo(NEW) < 0) {
      metrics.tenantReadyAfter(age);
    }
  }

  PolicyCounts policyCounts(String policy) {
    List<Pod> pods =
        wiring.pods().all().stream()
            .filter(pod -> PodFacts.label(pod, Names.POLICY).equals(policy))
            .toList();
    return new PolicyCounts(
        wiring.tenants().listing(policy),
        count(pods, pod -> !PodFacts.isClaimed(pod) && PodFacts.isReady(pod)),
        count(pods, PodFacts::isClaimed));
  }

  void registerGauges() {
    metrics.gauge(
        "hermes_tenants",
        "phase",
        TenantPhase.names(),
        phase ->
            wiring.tenants().known().stream()
                .filter(tenant -> TenantPhase.of(tenant).name().equals(phase))
                .count());
    metrics.gauge(
        "hermes_sandbox_pods",
        "state",
        List.of("warm", "starting", "claimed"),
        state -> count(wiring.pods().all(), pod -> state(pod).equals(state)));
  }

  /** Keys that end soon, by the ids that the API's figures have. */
  void keyExpiries() {
    Map<String, String> ids = new HashMap<>();
    for (Tenant tenant : wiring.tenants().known()) {
      if (tenant.getStatus() != null && tenant.getStatus().tenantId() != null) {
        ids.put(tenant.getMetadata().getName(), tenant.getStatus().tenantId());
      }
    }
    metrics.keyExpiries(
        wiring.keys().ends().stream()
            .map(end ->
                new OperatorMetrics.KeyExpiry(
                    ids.getOrDefault(end.tenant(), end.tenant()), end.key(), end.in()))
            .toList());
  }

  private static String state(Pod pod) {
    if (PodFacts.isClaimed(pod)) {
      return "claimed";
    }
    return PodFacts.isReady(pod) ? "warm" : "starting";
  }

  private static int count(List<Pod> pods, Predicate<Pod> which) {
    return (int) pods.stream().filter(which).count();
  }
}
