package dev.hermes.sandbox.pod;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.List;

/**
 * A pod of a sandbox's shape in which the daemon looks whether the walls hold, says so in its
 * termination message, and ends. Made by the operator alone, in the namespace of canaries.
 */
public final class CanaryPod {
  private CanaryPod() {}

  public static Pod desired(CanaryPodRequest request) {
    PodSpec spec = SandboxPod.spec(request.policy(), "", true);
    spec.setActiveDeadlineSeconds(request.deadlineSeconds());
    Container container = spec.getContainers().getFirst();
    container.setArgs(request.arguments());
    // it serves nothing
    container.setPorts(List.of());
    container.setStartupProbe(null);
    container.setReadinessProbe(null);
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(request.namespace())
        .withName(request.name())
        .addToLabels(Names.TENANT_ID, Names.CANARY_TENANT_ID)
        .addToLabels(Names.CANARY, request.check())
        .addToLabels(Names.MANAGED_BY, Names.MANAGED_BY_CANARY)
        .endMetadata()
        .withSpec(spec)
        .build();
  }
}
