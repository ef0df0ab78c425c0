package dev.hermes.sandbox.claim;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Readings of a pod's status. */
final class PodStates {
  private PodStates() {}

  static boolean hasEnded(JsonNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return pod.path("metadata").hasNonNull("deletionTimestamp")
        || "Failed".equals(phase)
        || "Succeeded".equals(phase);
  }

  /** Why the pod is not Ready, in the words of scheduler or kubelet. */
  static String reason(Pod pod) {
    return Stream.of(
            ended(pod), waiting(pod), unscheduled(pod), Optional.of("the start gate is closed"))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow();
  }

  private static Optional<String> ended(Pod pod) {
    return Optional.ofNullable(pod.getStatus().getReason())
        .map(reason -> reason + ": " + Objects.toString(pod.getStatus().getMessage(), "pod ended"));
  }

  private static Optional<String> waiting(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .map(ContainerStatus::getState)
        .filter(state -> state != null && state.getWaiting() != null)
        .map(state -> state.getWaiting())
        .map(w -> w.getReason() + ": " + Objects.toString(w.getMessage(), "container waits"))
        .findFirst();
  }

  private static Optional<String> unscheduled(Pod pod) {
    return conditions(pod)
        .filter(c -> "PodScheduled".equals(c.getType()) && "False".equals(c.getStatus()))
        .map(c -> c.getReason() + ": " + Objects.toString(c.getMessage(), "not scheduled"))
        .findFirst();
  }

  private static Stream<PodCondition> conditions(Pod pod) {
    return pod.getStatus().getConditions().stream();
  }
}
