package dev.hermes.sandbox.claim;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes warm pods, makes cold ones and deletes both. The API calls it after it has reserved a lease
 * row; it needs get, list, create, patch and delete on pods, and keeps no state.
 */
public final class Claims {
  private static final Duration POLL = Duration.ofMillis(100);

  private static final PatchContext PATCH =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager(Names.API_FIELD_MANAGER)
          .build();

  private final KubernetesClient kubernetes;
  private final Clock clock;

  public Claims(KubernetesClient kubernetes, Clock clock) {
    this.kubernetes = kubernetes;
    this.clock = clock;
  }

  /**
   * Takes a Ready warm pod of the tenant and policy. Of two callers that want the same pod one gets
   * it, the other the next; empty when none is left.
   */
  public Optional<ClaimedPod> claimWarm(
      String namespace, String tenantId, EffectivePolicy policy, String sandboxId) {
    for (Pod candidate : candidates(namespace, tenantId, policy)) {
      Optional<ClaimedPod> claimed =
          claim(candidate, sandboxId, policy.limits().maxLifetimeSeconds());
      if (claimed.isPresent()) {
        return claimed;
      }
    }
    return Optional.empty();
  }

  /** Creates a pod that is claimed from birth; {@link #awaitReady} tells when it may be used. */
  public Creation createCold(SandboxPodRequest request) {
    if (request.claim().isEmpty()) {
      throw new IllegalArgumentException("a cold pod is born claimed");
    }
    try {
      Pod pod = kubernetes.resource(SandboxPod.desired(request)).create();
      return new Creation.Created(
          pod.getMetadata().getName(),
          pod.getMetadata().getUid(),
          pod.getMetadata().getNamespace());
    } catch (KubernetesClientException e) {
      return switch (e.getCode()) {
        case 403 ->
            message(e).contains("exceeded quota")
                ? new Creation.QuotaUsedUp(message(e))
                : new Creation.Refused(message(e));
        case 400, 404, 422 -> new Creation.Refused(message(e));
        default -> throw e;
      };
    }
  }

  /** Waits until the pod is Ready, has ended, or the deadline passes. */
  public Readiness awaitReady(String namespace, String name, Instant deadline)
      throws InterruptedException {
    while (true) {
      Pod pod = kubernetes.pods().inNamespace(namespace).withName(name).get();
      if (pod == null) {
        return new Readiness.Gone("the pod was deleted");
      }
      if (PodStates.isReady(pod)) {
        return new Readiness.Ready(PodStates.claimed(pod));
      }
      if (PodStates.hasEnded(pod)) {
        return new Readiness.Gone(PodStates.reason(pod));
      }
      if (!clock.instant().plus(POLL).isBefore(deadline)) {
        return new Readiness.TimedOut(PodStates.reason(pod));
      }
      Thread.sleep(POLL);
    }
  }

  /**
   * Deletes this very pod; one that is gone, or of the same name but another UID, is left alone.
   */
  public void delete(String namespace, String name, String uid) {
    try {
      // the client's own delete cannot carry a UID
      kubernetes.raw(
          "/api/v1/namespaces/" + namespace + "/pods/" + name,
          "DELETE",
          new DeleteOptionsBuilder()
              .withNewPreconditions()
              .withUid(uid)
              .endPreconditions()
              .build());
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404 && e.getCode() != 409) {
        throw e;
      }
    }
  }

  private List<Pod> candidates(String namespace, String tenantId, EffectivePolicy policy) {
    String hash = SandboxPod.policyHash(policy);
    List<Pod> warm =
        new ArrayList<>(
            kubernetes
                .pods()
                .inNamespace(namespace)
                .withLabel(Names.TENANT_ID, tenantId)
                .withLabel(Names.POLICY, policy.name())
                .withLabel(Names.SANDBOX_STATE, Names.WARM)
                // from the API server's cache: a stale pod costs a 409, not a lost claim
                .list(new ListOptionsBuilder().withResourceVersion("0").build())
                .getItems());
    warm.removeIf(pod -> !PodStates.isReady(pod) || !hash.equals(annotation(pod)));
    // two replicas that start at the same end of the list would meet at every pod
    Collections.shuffle(warm);
    return warm;
  }

  private Optional<ClaimedPod> claim(Pod candidate, String sandboxId, int lifetimeSeconds) {
    try {
      Pod pod =
          kubernetes
              .pods()
              // of the object itself: by name, the client would read it first
              .resource(candidate)
              .patch(PATCH, ClaimPatch.of(candidate, sandboxId, lifetimeSeconds, clock.instant()));
      return Optional.of(PodStates.claimed(pod));
    } catch (KubernetesClientException e) {
      return switch (e.getCode()) {
        case 404, 409, 422 -> Optional.empty();
        default -> throw e;
      };
    }
  }

  private static String annotation(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(Names.POLICY_HASH, "");
  }

  private static String message(KubernetesClientException e) {
    String status = e.getStatus() == null ? null : e.getStatus().getMessage();
    return status != null ? status : String.valueOf(e.getMessage());
  }
}
