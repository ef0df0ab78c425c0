package dev.hermes.sandbox.claim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.sandbox.create.OnePod;
import dev.hermes.sandbox.pod.SandboxPod;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Takes warm pods, makes cold ones and deletes both. The API calls it after it has reserved a lease
 * row; it needs get, list, watch, create, patch and delete on pods, and keeps no state.
 */
public final class Claims {
  private static final Duration FIRST_POLL = Duration.ofMillis(100);
  private static final Duration LAST_POLL = Duration.ofSeconds(1);

  private static final PatchContext PATCH =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager(Names.API_FIELD_MANAGER)
          .build();

  private final KubernetesClient kubernetes;
  private final PodJson pods;
  private final PodWatch watch;
  private final Clock clock;

  public Claims(KubernetesClient kubernetes, Clock clock) {
    this.kubernetes = kubernetes;
    this.pods = new PodJson(kubernetes);
    this.watch = new PodWatch(kubernetes);
    this.clock = clock;
  }

  /**
   * Takes a Ready warm pod of the tenant and policy. Of two callers that want the same pod one gets
   * it, the other the next; empty when none is left.
   */
  public Optional<ClaimedPod> claimWarm(
      String namespace, String tenantId, EffectivePolicy policy, Claim wanted) {
    List<ReadyPod> candidates = pods.ready(namespace, tenantId, policy);
    // two replicas that start at the same end of the list would meet at every pod
    Collections.shuffle(candidates);
    for (ReadyPod candidate : candidates) {
      Optional<ClaimedPod> claimed = claim(candidate, wanted, policy.limits().maxLifetimeSeconds());
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
      Pod pod = OnePod.create(kubernetes, SandboxPod.desired(request));
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

  /** Waits until the pod may be used, has ended, or the deadline passes. */
  public Readiness awaitReady(String namespace, String name, Instant deadline)
      throws InterruptedException {
    Instant begun = clock.instant();
    Optional<JsonNode> pod = pods.get(namespace, name);
    while (pod.isPresent()) {
      Optional<Readiness> settled = settled(pod.get());
      if (settled.isPresent()) {
        return settled.get();
      }
      Instant now = clock.instant();
      Duration poll = poll(Duration.between(begun, now));
      if (!now.plus(poll).isBefore(deadline)) {
        return new Readiness.TimedOut(PodStates.reason(pods.typed(pod.get())));
      }
      pod = next(pod.get(), Duration.between(now, deadline), poll);
    }
    return new Readiness.Gone("the pod was deleted");
  }

  /** Empty while it starts. */
  private Optional<Readiness> settled(JsonNode pod) {
    Optional<ReadyPod> ready = ReadyPod.of(pod).or(() -> ReadyPod.ofStarted(pod));
    if (ready.isPresent()) {
      return Optional.of(new Readiness.Ready(ready.get().claimed()));
    }
    return PodStates.hasEnded(pod)
        ? Optional.of(new Readiness.Gone(PodStates.reason(pods.typed(pod))))
        : Optional.empty();
  }

  /** The pod when there is something to see; by looking now and then where it cannot be watched. */
  private Optional<JsonNode> next(JsonNode pod, Duration left, Duration poll)
      throws InterruptedException {
    String namespace = pod.path("metadata").path("namespace").asText();
    String name = pod.path("metadata").path("name").asText();
    long begun = System.nanoTime();
    Optional<JsonNode> seen = watch.await(pod, left, it -> settled(it).isPresent());
    if (seen.isPresent()) {
      return seen;
    }
    Duration watched = Duration.ofNanos(System.nanoTime() - begun);
    if (watched.compareTo(poll) < 0) {
      Thread.sleep(poll.minus(watched));
    }
    return pods.get(namespace, name);
  }

  /** A tenth of the time waited: many that wait long together must not keep the server busy. */
  static Duration poll(Duration waited) {
    Duration tenth = waited.dividedBy(10);
    if (tenth.compareTo(FIRST_POLL) < 0) {
      return FIRST_POLL;
    }
    return tenth.compareTo(LAST_POLL) > 0 ? LAST_POLL : tenth;
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

  /**
   * Changes what this very claimed pod may reach of what its policy allows.
   *
   * @param egress empty: all of that
   * @return false: the pod has gone
   */
  public boolean narrow(String namespace, String name, String uid, Optional<SandboxEgress> egress) {
    ObjectNode metadata = JsonNodeFactory.instance.objectNode().put("uid", uid);
    // in a merge patch null removes; a wrong UID is a change of the UID, which is refused
    metadata
        .putObject("annotations")
        .put(Names.SANDBOX_EGRESS, egress.map(SandboxEgress::annotation).orElse(null));
    String patch = JsonNodeFactory.instance.objectNode().set("metadata", metadata).toString();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .endMetadata()
            .build();
    try {
      kubernetes.pods().resource(pod).patch(PATCH, patch);
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == 404 || e.getCode() == 409 || isOtherUid(e)) {
        return false;
      }
      throw e;
    }
  }

  private static boolean isOtherUid(KubernetesClientException e) {
    return e.getCode() == 422 && message(e).contains("metadata.uid");
  }

  /**
   * Makes this very pod one user's, until its deadline; empty when somebody else has written it.
   *
   * @param lifetimeSeconds from now
   */
  Optional<ClaimedPod> claim(ReadyPod pod, Claim wanted, int lifetimeSeconds) {
    String patch = ClaimPatch.of(pod, wanted, lifetimeSeconds, clock.instant());
    return pods.patch(pod, patch) ? Optional.of(pod.claimed()) : Optional.empty();
  }

  static String message(KubernetesClientException e) {
    String status = e.getStatus() == null ? null : e.getStatus().getMessage();
    return status != null ? status : String.valueOf(e.getMessage());
  }
}
