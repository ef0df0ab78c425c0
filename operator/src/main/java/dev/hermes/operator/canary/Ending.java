package dev.hermes.operator.canary;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a canary's pod ended, or why it has not.
 *
 * @param over whether it has ended
 * @param why the kubelet's word on the pod: Evicted, DeadlineExceeded; empty when it ended by
 *     itself
 * @param said in full, for people
 * @param exitCode of the probe; 0 where there is none
 * @param report the last one it wrote
 * @param unschedulable no node has room
 */
record Ending(
    boolean over,
    String why,
    String said,
    int exitCode,
    Optional<CanaryReport> report,
    boolean unschedulable) {

  static Ending of(Pod pod) {
    PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
    Optional<ContainerStatus> container =
        Optional.ofNullable(status.getContainerStatuses()).orElse(List.of()).stream().findFirst();
    Optional<ContainerStateTerminated> end =
        container.map(ContainerStatus::getState).map(state -> state.getTerminated());
    String why = Objects.requireNonNullElse(status.getReason(), "");
    return new Ending(
        List.of("Failed", "Succeeded").contains(Objects.requireNonNullElse(status.getPhase(), "")),
        why,
        said(status, container, end),
        end.map(ContainerStateTerminated::getExitCode).orElse(0),
        end.flatMap(found -> CanaryReport.parse(found.getMessage())),
        unschedulable(status).isPresent());
  }

  private static String said(
      PodStatus status,
      Optional<ContainerStatus> container,
      Optional<ContainerStateTerminated> end) {
    if (status.getMessage() != null && !status.getMessage().isBlank()) {
      return clip(status.getReason() + ": " + status.getMessage());
    }
    if (end.isPresent()) {
      return clip("exit code " + end.get().getExitCode() + " (" + end.get().getReason() + ")");
    }
    return unschedulable(status)
        .or(() ->
            container
                .map(ContainerStatus::getState)
                .map(state -> state.getWaiting())
                .map(Ending::waiting))
        .map(Ending::clip)
        .orElse("it did not end in time; does the image hold this release's daemon?");
  }

  private static String waiting(ContainerStateWaiting waiting) {
    return waiting.getReason() + (waiting.getMessage() == null ? "" : ": " + waiting.getMessage());
  }

  private static Optional<String> unschedulable(PodStatus status) {
    return Optional.ofNullable(status.getConditions()).orElse(List.of()).stream()
        .filter(condition ->
            "PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus()))
        .map(condition -> condition.getReason() + ": " + condition.getMessage())
        .findFirst();
  }

  private static String clip(String text) {
    return text.length() <= 300 ? text : text.substring(0, 300);
  }
}
