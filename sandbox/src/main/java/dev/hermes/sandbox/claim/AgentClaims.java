package dev.hermes.sandbox.claim;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.agent.AgentClaim;
import dev.hermes.sandbox.agent.AgentSandbox;
import dev.hermes.sandbox.create.Once;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gets pods from the controller of agent-sandbox: a SandboxClaim for each lease, and, when it has
 * its pod, the same one patch that claims a pod of ours. So the kubelet knows the deadline, the
 * egress proxy the sandbox, and a pod is handed out once, whatever their controller believes. It
 * needs get, create and delete on claims and get and patch on pods, and keeps no state.
 */
public final class AgentClaims {
  private final KubernetesClient kubernetes;
  private final Claims pods;
  private final PodJson json;
  private final Clock clock;

  public AgentClaims(KubernetesClient kubernetes, Clock clock) {
    this.kubernetes = kubernetes;
    this.pods = new Claims(kubernetes, clock);
    this.json = new PodJson(kubernetes);
    this.clock = clock;
  }

  /**
   * Asks for a pod; {@link #awaitReady} tells when it may be used. Whether it was warm is their
   * controller's business, and so is a quota that is used up: it tries again until the wait is
   * over.
   */
  public Creation create(String namespace, String tenantId, EffectivePolicy policy, Claim wanted) {
    try {
      GenericKubernetesResource claim =
          Once.create(
              kubernetes
                  .genericKubernetesResources(AgentSandbox.CLAIMS)
                  .inNamespace(namespace)
                  .resource(
                      AgentClaim.desired(namespace, tenantId, policy, wanted, clock.instant())));
      return new Creation.Created(
          claim.getMetadata().getName(), claim.getMetadata().getUid(), namespace);
    } catch (KubernetesClientException e) {
      return switch (e.getCode()) {
        case 400, 403, 404, 422 -> new Creation.Refused(Claims.message(e));
        default -> throw e;
      };
    }
  }

  /**
   * Waits until the claim has a Ready pod and takes that, or it has ended, or the deadline passes.
   *
   * @param name of the claim, which is the name of what comes out as well
   */
  public Readiness awaitReady(String namespace, String name, Instant deadline)
      throws InterruptedException {
    Instant begun = clock.instant();
    while (true) {
      GenericKubernetesResource claim = find(namespace, name);
      if (claim == null || claim.getMetadata().getDeletionTimestamp() != null) {
        return new Readiness.Gone("the claim was deleted");
      }
      Optional<JsonNode> pod = podOf(claim);
      if (pod.isPresent()) {
        Optional<Readiness> come = take(claim, pod.get());
        if (come.isPresent()) {
          return come.get();
        }
      }
      Instant now = clock.instant();
      Duration poll = Claims.poll(Duration.between(begun, now));
      if (!now.plus(poll).isBefore(deadline)) {
        return new Readiness.TimedOut(
            pod.map(it -> PodStates.reason(json.typed(it)))
                .orElseGet(() -> AgentClaim.reason(claim)));
      }
      Thread.sleep(poll);
    }
  }

  /** Empty: not yet. */
  private Optional<Readiness> take(GenericKubernetesResource claim, JsonNode found) {
    Pod pod = json.typed(found);
    if (PodStates.hasEnded(found)) {
      return Optional.of(new Readiness.Gone(PodStates.reason(pod)));
    }
    Optional<String> misfit = AgentClaim.misfit(claim, pod);
    if (misfit.isPresent()) {
      return Optional.of(new Readiness.Gone(misfit.get()));
    }
    Optional<ReadyPod> ready = ReadyPod.of(found);
    if (ready.isEmpty()) {
      return Optional.empty();
    }
    if (AgentClaim.isTaken(claim, pod)) {
      return Optional.of(ready(claim, ready.get().claimed()));
    }
    Duration left = Duration.between(clock.instant(), AgentClaim.shutdownTime(claim));
    if (!left.isPositive()) {
      return Optional.of(new Readiness.Gone("the claim is over"));
    }
    // of a conflict their controller is the likely cause: it writes each pod it gives away
    return pods.claim(ready.get(), AgentClaim.wanted(claim), Math.toIntExact(left.toSeconds()))
        .map(taken -> ready(claim, taken));
  }

  private static Readiness ready(GenericKubernetesResource claim, ClaimedPod pod) {
    return new Readiness.Ready(
        new ClaimedPod(claim.getMetadata().getName(), pod.uid(), pod.ip(), pod.namespace()));
  }

  /** As {@link Claims#narrow}, by the claim's name and the pod's UID. */
  public boolean narrow(String namespace, String name, String uid, Optional<SandboxEgress> egress) {
    GenericKubernetesResource claim = find(namespace, name);
    return claim != null
        && AgentClaim.sandbox(claim)
            .filter(pod -> pods.narrow(namespace, pod, uid, egress))
            .isPresent();
  }

  /** Deletes the claim, and with it its pod; no other claim ever has its name. */
  public void delete(String namespace, String name) {
    kubernetes
        .genericKubernetesResources(AgentSandbox.CLAIMS)
        .inNamespace(namespace)
        .withName(name)
        .delete();
  }

  private @Nullable GenericKubernetesResource find(String namespace, String name) {
    return kubernetes
        .genericKubernetesResources(AgentSandbox.CLAIMS)
        .inNamespace(namespace)
        .withName(name)
        .get();
  }

  /** Their controller gives a pod its Sandbox's name. */
  private Optional<JsonNode> podOf(GenericKubernetesResource claim) {
    return AgentClaim.sandbox(claim)
        .flatMap(name -> json.get(claim.getMetadata().getNamespace(), name));
  }
}
