package dev.hermes.operator.canary;

import dev.hermes.crds.Names;
import dev.hermes.operator.kube.Apply;
import dev.hermes.operator.sandboxpolicy.CanarySubject;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import dev.hermes.operator.tenant.ApiIdentity;
import dev.hermes.operator.tenant.TenantWalls;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The namespace of canaries, its walls, and the pods in it. */
final class CanaryPods {
  /** No Tenant can have this name. */
  private static final String NOBODY = "hermes.canary";

  private final KubernetesClient kubernetes;
  private final Apply apply;
  private final ApiIdentity api;
  private final String namespace;

  CanaryPods(KubernetesClient kubernetes, ApiIdentity api) {
    this.kubernetes = kubernetes;
    this.apply = new Apply(kubernetes, Names.CANARY_FIELD_MANAGER);
    this.api = api;
    this.namespace = api.systemNamespace() + "-canary";
  }

  /** Brings the namespace to what a tenant of this policy has; writes only what differs. */
  void prepare(ResolvedPolicy policy) {
    TenantWalls walls = TenantWalls.of(NOBODY, Names.CANARY_TENANT_ID, namespace, policy, api);
    keep(walls.namespace());
    walls.walls().forEach(this::keep);
    if (walls.open()) {
      keep(walls.wayOut());
    } else if (kubernetes.resource(walls.wayOut()).get() != null) {
      kubernetes.resource(walls.wayOut()).delete();
    }
  }

  private <T extends HasMetadata> void keep(T desired) {
    Map<String, String> labels = new HashMap<>(desired.getMetadata().getLabels());
    // others that look after what the operator makes for tenants shall not look after these
    labels.put(Names.MANAGED_BY, Names.MANAGED_BY_CANARY);
    if (desired instanceof Namespace) {
      // the chart makes the namespace, and Helm says so in this label
      labels.remove(Names.MANAGED_BY);
    }
    labels.put(Names.CANARY, "true");
    desired.getMetadata().setLabels(labels);
    apply.to(desired, Optional.ofNullable(kubernetes.resource(desired).get()));
  }

  /** All that are there, by whatever process they were made. */
  List<Pod> all() {
    return kubernetes.pods().inNamespace(namespace).withLabel(Names.CANARY).list().getItems();
  }

  /** False when one of this name is still there, on its way out or not. */
  boolean create(CanarySubject subject, Stage stage) {
    try {
      kubernetes.resource(stage.pod(subject, namespace)).create();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == 409) {
        return false;
      }
      throw e;
    }
  }

  @Nullable Pod find(CanarySubject subject, Stage stage) {
    return kubernetes.pods().inNamespace(namespace).withName(stage.podName(subject)).get();
  }

  void delete(Pod pod) {
    kubernetes.resource(pod).withGracePeriod(0).delete();
  }

  /** Of the kernel that the node itself runs on. */
  Optional<String> bootId(Pod pod) {
    String name = pod.getSpec().getNodeName();
    Node node = name == null ? null : kubernetes.nodes().withName(name).get();
    return Optional.ofNullable(node).map(found -> found.getStatus().getNodeInfo().getBootID());
  }
}
