package dev.hermes.sandbox.claim;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** The one patch of a claim. Its resourceVersion lets one caller win. */
final class ClaimPatch {
  private ClaimPatch() {}

  static String of(Pod pod, String sandboxId, int lifetimeSeconds, Instant now) {
    return Serialization.asJson(
        Map.of(
            "metadata",
            Map.of(
                "resourceVersion",
                pod.getMetadata().getResourceVersion(),
                "labels",
                Map.of(Names.SANDBOX_STATE, Names.CLAIMED),
                "annotations",
                Map.of(Names.SANDBOX_ID, sandboxId)),
            "spec",
            Map.of("activeDeadlineSeconds", deadline(pod, lifetimeSeconds, now))));
  }

  /** The kubelet counts from the pod's start, so the time it was warm is added. */
  static long deadline(Pod pod, int lifetimeSeconds, Instant now) {
    Duration warm = Duration.between(Instant.parse(pod.getStatus().getStartTime()), now);
    long seconds = warm.isNegative() ? 0 : warm.plusNanos(999_999_999).toSeconds();
    return seconds + lifetimeSeconds;
  }
}
