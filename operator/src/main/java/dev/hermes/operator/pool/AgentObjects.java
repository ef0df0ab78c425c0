package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.operator.kube.Apply;
import dev.hermes.operator.kube.Deletion;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our objects of one kind of agent-sandbox, of every tenant, as they were at the last look and as
 * we changed them since. For the pool's thread.
 */
final class AgentObjects {
  private static final Logger log = LoggerFactory.getLogger(AgentObjects.class);

  private final KubernetesClient kubernetes;
  private final ResourceDefinitionContext kind;
  private final Apply apply;
  private final Deletion deletion;
  private Map<String, Map<String, GenericKubernetesResource>> known = Map.of();

  AgentObjects(KubernetesClient kubernetes, ResourceDefinitionContext kind) {
    this.kubernetes = kubernetes;
    this.kind = kind;
    this.apply = new Apply(kubernetes, Names.POOL_FIELD_MANAGER);
    this.deletion = new Deletion(kubernetes);
  }

  /** One list for all tenants, however many there are. */
  void look() {
    Map<String, Map<String, GenericKubernetesResource>> found = new HashMap<>();
    for (GenericKubernetesResource object :
        kubernetes
            .genericKubernetesResources(kind)
            .inAnyNamespace()
            .withLabel(Names.TENANT_ID)
            .list()
            .getItems()) {
      found
          .computeIfAbsent(object.getMetadata().getNamespace(), any -> new HashMap<>())
          .put(object.getMetadata().getName(), object);
    }
    known = found;
  }

  Map<String, List<GenericKubernetesResource>> all() {
    Map<String, List<GenericKubernetesResource>> all = new HashMap<>();
    known.forEach((namespace, objects) -> all.put(namespace, List.copyOf(objects.values())));
    return all;
  }

  List<GenericKubernetesResource> in(String namespace) {
    return List.copyOf(known.getOrDefault(namespace, Map.of()).values());
  }

  void apply(GenericKubernetesResource desired) {
    Map<String, GenericKubernetesResource> here =
        known.computeIfAbsent(desired.getMetadata().getNamespace(), any -> new HashMap<>());
    String name = desired.getMetadata().getName();
    if (apply.to(desired, Optional.ofNullable(here.get(name))).isPresent()) {
      here.put(name, desired);
      log.info("{} {} written", kind.getKind(), name);
    }
  }

  /** What was written since the last look has no UID yet, and waits for the next one. */
  void delete(GenericKubernetesResource object) {
    if (object.getMetadata().getUid() == null
        || object.getMetadata().getDeletionTimestamp() != null) {
      return;
    }
    deletion.other(kind, object);
    known
        .getOrDefault(object.getMetadata().getNamespace(), new HashMap<>())
        .remove(object.getMetadata().getName());
    log.info("{} {} deleted", kind.getKind(), object.getMetadata().getName());
  }
}
