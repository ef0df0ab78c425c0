package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.sandbox.claim.ClaimedPod;
import dev.hermes.sandbox.claim.Creation;
import dev.hermes.sandbox.claim.Readiness;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gets a pod for a lease: a warm one with one PATCH, else a new one. */
@Singleton
final class Claiming {
  private static final Logger LOG = LoggerFactory.getLogger(Claiming.class);
  private static final Duration COLD = Duration.ofSeconds(60);

  private final PodSource pods;
  private final Leases leases;
  private final Clock clock;
  private final MeterRegistry meters;

  Claiming(PodSource pods, Leases leases, Clock clock, MeterRegistry meters) {
    this.pods = pods;
    this.leases = leases;
    this.clock = clock;
    this.meters = meters;
  }

  /** Puts a Ready pod into the hold; otherwise says why there is none, and the lease is over. */
  Optional<Execution> claim(SandboxHold hold) throws InterruptedException {
    boolean claimed = false;
    try {
      Optional<Execution> failure = tryClaim(hold);
      claimed = failure.isEmpty();
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
    leases.over(hold);
    try {
      hold.pod().ifPresent(pod -> pods.delete(namespace(hold), pod.name(), pod.uid()));
      leases.closed(hold);
    } catch (KubernetesClientException e) {
      // the operator deletes what a lease says is over
      LOG.info("sandbox {} is left to the operator: {}", hold.sandboxId(), e.getMessage());
    }
    hold.lost();
  }

  private Optional<Execution> tryClaim(SandboxHold hold) throws InterruptedException {
    Instant begun = clock.instant();
    if (hold.pod().isEmpty()) {
      Optional<ClaimedPod> warm = pods.claimWarm(hold.tenant(), hold.policy(), hold.sandboxId());
      if (warm.isPresent()) {
        return activate(hold, warm.get(), "warm", begun);
      }
      switch (pods.createCold(hold.tenant(), hold.policy(), hold.sandboxId())) {
        case Creation.QuotaUsedUp full -> {
          return Optional.of(new Execution.Full());
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
      SandboxHold hold, ClaimedPod pod, String start, Instant begun) {
    hold.has(new SandboxPodRef(pod.name(), pod.uid(), Optional.of(pod.ip())));
    if (!leases.active(hold, hold.pod().orElseThrow())) {
      return Optional.of(new Execution.Unavailable("the lease ended while the pod started"));
    }
    meters
        .timer("hermes_sandbox_start", "start", start)
        .record(Duration.between(begun, clock.instant()));
    return Optional.empty();
  }

  private static String namespace(SandboxHold hold) {
    return java.util.Objects.requireNonNull(hold.tenant().namespace());
  }
}
