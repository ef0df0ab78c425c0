package dev.hermes.egress.watch;

import dev.hermes.crds.Names;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.destination.Narrowing;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What a pod is to the proxy; pure. */
final class PodReading {
  private PodReading() {}

  /** Empty: it does not run, or is on its way out, and its address may be another's already. */
  static Optional<Sandbox> sandbox(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null
        || pod.getStatus() == null
        || !"Running".equals(pod.getStatus().getPhase())
        || pod.getStatus().getPodIP() == null) {
      return Optional.empty();
    }
    Map<String, String> labels =
        Objects.requireNonNullElse(pod.getMetadata().getLabels(), Map.of());
    Map<String, String> annotations =
        Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
    return ip(pod.getStatus().getPodIP())
        .map(ip ->
            new Sandbox(
                pod.getMetadata().getUid(),
                ip,
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                labels.getOrDefault(Names.TENANT, ""),
                labels.getOrDefault(Names.TENANT_ID, ""),
                labels.getOrDefault(Names.POLICY, ""),
                annotations.get(Names.SANDBOX_ID),
                Names.CLAIMED.equals(labels.get(Names.SANDBOX_STATE)),
                Narrowing.of(Optional.ofNullable(annotations.get(Names.SANDBOX_EGRESS))),
                Objects.requireNonNullElse(pod.getMetadata().getCreationTimestamp(), "")));
  }

  /** As Java writes the address of a connection's other end. */
  private static Optional<String> ip(String text) {
    if (!text.matches("[0-9a-fA-F:.]+")) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(text).getHostAddress());
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /** Only what is read of it stays in memory. */
  static Pod trim(Pod pod) {
    pod.getMetadata().setManagedFields(null);
    pod.setSpec(null);
    if (pod.getStatus() != null) {
      pod.getStatus().setContainerStatuses(null);
      pod.getStatus().setConditions(null);
      pod.getStatus().setPodIPs(null);
    }
    return pod;
  }
}
