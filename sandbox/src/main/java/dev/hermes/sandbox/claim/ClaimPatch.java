package dev.hermes.sandbox.claim;

import dev.hermes.crds.Names;
import dev.hermes.sandbox.pod.SandboxPodRequest.Claim;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** The one patch of a claim. Its resourceVersion lets one caller win. */
final class ClaimPatch {
  private ClaimPatch() {}

  static String of(ReadyPod pod, Claim claim, int lifetimeSeconds, Instant now) {
    return Serialization.asJson(
        Map.of(
            "metadata",
            Map.of(
                "resourceVersion",
                pod.version(),
                "labels",
                Map.of(Names.SANDBOX_STATE, Names.CLAIMED),
                "annotations",
                claim.annotations()),
            "spec",
            Map.of("activeDeadlineSeconds", deadline(pod, lifetimeSeconds, now))));
  }

  /** The kubelet counts from the pod's start, so the time it was warm is added. */
  static long deadline(ReadyPod pod, int lifetimeSeconds, Instant now) {
    Duration warm = Duration.between(pod.started(), now);
    long seconds = warm.isNegative() ? 0 : warm.plusNanos(999_999_999).toSeconds();
    return seconds + lifetimeSeconds;
  }
}
