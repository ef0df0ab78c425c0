package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.sandbox.agent.AgentClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the operator reads of a sandbox pod. */
public final class PodFacts {
  private PodFacts() {}

  public static boolean isWarm(Pod pod) {
    return Names.WARM.equals(label(pod, Names.SANDBOX_STATE));
  }

  public static boolean isClaimed(Pod pod) {
    return Names.CLAIMED.equals(label(pod, Names.SANDBOX_STATE));
  }

  /** Its start gate has passed: the daemon answers only then. */
  public static boolean isReady(Pod pod) {
    return !isLeaving(pod)
        && readyCondition(pod).filter(c -> "True".equals(c.getStatus())).isPresent();
  }

  /** The controller of agent-sandbox made it, and would make the next if it were deleted alone. */
  static boolean isOthers(Pod pod) {
    return pod.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> AgentClaim.isSandbox(owner.getApiVersion(), owner.getKind()));
  }

  static boolean differ(Pod before, Pod now) {
    return isReady(before) != isReady(now)
        || isWarm(before) != isWarm(now)
        || isClaimed(before) != isClaimed(now)
        || isLeaving(before) != isLeaving(now)
        || hasEnded(before) != hasEnded(now)
        || isUnschedulable(before) != isUnschedulable(now);
  }

  static boolean isLeaving(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() != null;
  }

  /** No node has room for it. */
  static boolean isUnschedulable(Pod pod) {
    return condition(pod, "PodScheduled")
        .filter(c -> "False".equals(c.getStatus()) && "Unschedulable".equals(c.getReason()))
        .isPresent();
  }

  static boolean hasEnded(Pod pod) {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    return "Failed".equals(phase) || "Succeeded".equals(phase);
  }

  public static String label(Pod pod, String name) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(name, "");
  }

  static String policyHash(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(Names.POLICY_HASH, "");
  }

  /** The lease that a claimed pod is of. */
  static String sandboxId(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(Names.SANDBOX_ID, "");
  }

  static Instant created(Pod pod) {
    return instant(pod.getMetadata().getCreationTimestamp());
  }

  /** When it became what it is, Ready or not; its creation when the kubelet has not spoken yet. */
  static Instant changed(Pod pod) {
    return readyCondition(pod)
        .map(PodCondition::getLastTransitionTime)
        .map(PodFacts::instant)
        .orElseGet(() -> created(pod));
  }

  /** The tenth of a pod that is kept in memory. */
  static Pod trim(Pod pod) {
    Map<String, String> annotations = new TreeMap<>();
    if (!policyHash(pod).isEmpty()) {
      annotations.put(Names.POLICY_HASH, policyHash(pod));
    }
    if (isOthers(pod) && isClaimed(pod)) {
      annotations.put(Names.SANDBOX_ID, sandboxId(pod));
    }
    return new PodBuilder()
        .withNewMetadata()
        .withName(pod.getMetadata().getName())
        .withNamespace(pod.getMetadata().getNamespace())
        .withUid(pod.getMetadata().getUid())
        .withResourceVersion(pod.getMetadata().getResourceVersion())
        .withCreationTimestamp(pod.getMetadata().getCreationTimestamp())
        .withDeletionTimestamp(pod.getMetadata().getDeletionTimestamp())
        .withLabels(pod.getMetadata().getLabels())
        .withOwnerReferences(pod.getMetadata().getOwnerReferences())
        .withAnnotations(annotations)
        .endMetadata()
        .withNewStatus()
        .withPhase(pod.getStatus() == null ? null : pod.getStatus().getPhase())
        .withConditions(
            Stream.of("Ready", "PodScheduled")
                .flatMap(type -> condition(pod, type).stream())
                .toList())
        .endStatus()
        .build();
  }

  private static Optional<PodCondition> readyCondition(Pod pod) {
    return condition(pod, "Ready");
  }

  private static Optional<PodCondition> condition(Pod pod, String type) {
    if (pod.getStatus() == null || pod.getStatus().getConditions() == null) {
      return Optional.empty();
    }
    return pod.getStatus().getConditions().stream()
        .filter(condition -> type.equals(condition.getType()))
        .findFirst();
  }

  private static Instant instant(String timestamp) {
    return Instant.parse(Objects.requireNonNullElse(timestamp, Instant.EPOCH.toString()));
  }
}
