package dev.hermes.sandbox.claim;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A pod that may be used, as a claim sees it.
 *
 * @param version its resourceVersion, by which one of several callers wins
 * @param started from when the kubelet counts its life
 */
record ReadyPod(
    String namespace, String name, String uid, String version, String ip, Instant started) {

  /** Of the API server's JSON; empty where the pod is not Ready, or on its way out. */
  static Optional<ReadyPod> of(JsonNode pod) {
    return of(pod, isReady(pod.path("status").path("conditions")));
  }

  /**
   * Of a pod that is made to order, as soon as its containers have passed their startup probes: its
   * start gate is open. The kubelet says Ready up to a second later.
   */
  static Optional<ReadyPod> ofStarted(JsonNode pod) {
    return of(pod, areStarted(pod.path("status").path("containerStatuses")));
  }

  private static Optional<ReadyPod> of(JsonNode pod, boolean usable) {
    JsonNode metadata = pod.path("metadata");
    JsonNode status = pod.path("status");
    return usable
            && !metadata.hasNonNull("deletionTimestamp")
            && "Running".equals(status.path("phase").asText())
            && status.hasNonNull("podIP")
            && status.hasNonNull("startTime")
        ? Optional.of(
            new ReadyPod(
                metadata.path("namespace").asText(),
                metadata.path("name").asText(),
                metadata.path("uid").asText(),
                metadata.path("resourceVersion").asText(),
                status.path("podIP").asText(),
                Instant.parse(status.path("startTime").asText())))
        : Optional.empty();
  }

  ClaimedPod claimed() {
    return new ClaimedPod(name, uid, ip, namespace);
  }

  private static boolean isReady(JsonNode conditions) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private static boolean areStarted(JsonNode containers) {
    for (JsonNode container : containers) {
      if (!container.path("started").asBoolean() || !container.path("state").has("running")) {
        return false;
      }
    }
    return !containers.isEmpty();
  }
}
