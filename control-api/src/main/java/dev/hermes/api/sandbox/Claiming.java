package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.api.trace.Step;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gets a pod for a lease: a warm one with one PATCH, else a new one. */
@Singleton
final class Claiming {
  private static final Logger LOG = LoggerFactory.getLogger(Claiming.class);
  private static final Duration COLD = Duration.ofSeconds(60);
  private static final Duration LOOK_FOR_ROOM = Duration.ofMillis(500);

  private final PodSource pods;
  private final Leases leases;
  private final SandboxEnvironment environment;
  private final Clock clock;
  private final MeterRegistry meters;
  private final Duration room;

  /**
   * @param room how long a claim waits for pods to go that the tenant has ended: they are in its
   *     quota until the kubelet has ended them too
   */
  Claiming(
      PodSource pods,
      Leases leases,
      SandboxEnvironment environment,
      Clock clock,
      MeterRegistry meters,
      @Value("${hermes.sandbox-room-wait:15s}") Duration room) {
    this.pods = pods;
    this.leases = leases;
    this.environment = environment;
    this.clock = clock;
    this.meters = meters;
    this.room = room;
  }

  /** Puts a Ready pod into the hold; otherwise says why there is none, and the lease is over. */
  Optional<Execution> claim(SandboxHold hold) throws InterruptedException {
    boolean claimed = false;
    try (Step step = Step.begin("sandbox claim").with("hermes.sandbox.id", hold.sandboxId())) {
      Optional<Execution> failure = tryClaim(hold);
      claimed = failure.isEmpty();
      failure.ifPresent(why -> step.failed(why instanceof Execution.Full ? "full" : "unavailable"));
      return failure;
    } catch (KubernetesClientException e) {
      LOG.warn("no pod for sandbox {}: {}", hold.sandboxId(), e.getMessage());
      return Optional.of(new Execution.Unavailable("the Kubernetes API does not answer"));
    } finally {
      if (!claimed) {
        discard(hold);
      }
    }
  }

  /** Ends the hold's lease and, where there is one, its pod. */
  void discard(SandboxHold hold) {
    end(hold.tenantId(), hold.lease(), namespace(hold), hold.pod());
    hold.lost();
  }

  /** Ends a lease and, where there is one, its pod. */
  void end(TenantId tenant, UUID lease, String namespace, Optional<SandboxPodRef> pod) {
    leases.over(tenant, lease);
    try {
      pod.ifPresent(it -> pods.delete(namespace, it.name(), it.uid()));
      leases.closed(tenant, lease);
    } catch (KubernetesClientException e) {
      // the operator deletes what a lease says is over
      LOG.info("sandbox {} is left to the operator: {}", lease, e.getMessage());
    }
  }

  /** Changes what a pod may reach of what its policy allows; otherwise says why it is as it was. */
  Optional<String> narrow(String namespace, SandboxPodRef pod, Optional<SandboxEgress> egress) {
    try {
      return pods.narrow(namespace, pod, egress)
          ? Optional.empty()
          : Optional.of("the sandbox has ended");
    } catch (KubernetesClientException e) {
      LOG.warn("the network of pod {} is not changed: {}", pod.uid(), e.getMessage());
      return Optional.of("the Kubernetes API does not take the change");
    }
  }

  private Optional<Execution> tryClaim(SandboxHold hold) throws InterruptedException {
    Instant begun = clock.instant();
    while (hold.pod().isEmpty()) {
      Optional<ClaimedPod> warm = pods.claimWarm(hold.tenant(), hold.policy(), hold.claim());
      if (warm.isPresent()) {
        return activate(hold, warm.get(), "warm", begun);
      }
      switch (pods.createCold(hold.tenant(), hold.policy(), hold.claim())) {
        case Creation.QuotaUsedUp full -> {
          if (!clock.instant().plus(LOOK_FOR_ROOM).isBefore(begun.plus(room))) {
            return Optional.of(new Execution.Full());
          }
          Thread.sleep(LOOK_FOR_ROOM);
        }
        case Creation.Refused refused -> {
          return Optional.of(
              new Execution.Unavailable("the cluster refuses the pod: " + refused.message()));
        }
        case Creation.Created made -> {
          hold.has(new SandboxPodRef(made.name(), made.uid(), Optional.empty()));
          leases.named(hold, hold.pod().get());
        }
      }
    }
    return awaitReady(hold, begun);
  }

  private Optional<Execution> awaitReady(SandboxHold hold, Instant begun)
      throws InterruptedException {
    SandboxPodRef made = hold.pod().orElseThrow();
    return switch (pods.awaitReady(namespace(hold), made.name(), begun.plus(COLD))) {
      case Readiness.Ready ready -> activate(hold, ready.pod(), "cold", begun);
      case Readiness.Gone gone -> Optional.of(new Execution.Unavailable(gone.reason()));
      case Readiness.TimedOut late -> Optional.of(new Execution.Unavailable(late.reason()));
    };
  }

  private Optional<Execution> activate(
      SandboxHold hold, ClaimedPod pod, String start, Instant begun) throws InterruptedException {
    try {
      environment.give(Endpoint.of(pod.ip(), pod.uid()), hold.policy(), hold.environment());
    } catch (DaemonException e) {
      hold.has(new SandboxPodRef(pod.name(), pod.uid(), Optional.empty()));
      return Optional.of(new Execution.Unavailable("the new sandbox broke off"));
    }
    hold.has(new SandboxPodRef(pod.name(), pod.uid(), Optional.of(pod.ip())));
    if (!leases.active(hold, hold.pod().orElseThrow())) {
      return Optional.of(new Execution.Unavailable("the lease ended while the pod started"));
    }
    Step.current().with("hermes.sandbox.start", start);
    meters
        .timer("hermes_sandbox_start", "start", start)
        .record(Duration.between(begun, clock.instant()));
    return Optional.empty();
  }

  private static String namespace(SandboxHold hold) {
    return Objects.requireNonNull(hold.tenant().namespace());
  }
}
