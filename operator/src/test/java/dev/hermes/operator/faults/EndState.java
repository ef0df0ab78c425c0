package dev.hermes.operator.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.crds.Names;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that the operator answers for, as text by name: its kinds, their children wherever
 * they are, Secrets without their data, rows. Two runs that did the same have equal states.
 */
record EndState(Map<String, List<String>> objects) {
  private static final List<Class<? extends HasMetadata>> OURS =
      List.of(Tenant.class, SandboxPolicy.class, ApiKey.class);
  private static final List<Class<? extends HasMetadata>> CHILDREN =
      List.of(
          Namespace.class,
          ResourceQuota.class,
          LimitRange.class,
          NetworkPolicy.class,
          ServiceAccount.class,
          RoleBinding.class,
          Secret.class,
          Pod.class);

  static EndState of(KubernetesClient kubernetes, Rows rows, Normal normal) {
    EndState state = new EndState(new TreeMap<>());
    KubernetesSerialization json = kubernetes.getKubernetesSerialization();
    // first, for it teaches the ids of keys
    Map<String, List<String>> tables = rows.all();
    for (Class<? extends HasMetadata> kind : OURS) {
      for (HasMetadata object : kubernetes.resources(kind).inAnyNamespace().list().getItems()) {
        learn(object, normal);
        state.add(object, json, normal);
      }
    }
    for (Class<? extends HasMetadata> kind : CHILDREN) {
      kubernetes
          .resources(kind)
          .inAnyNamespace()
          .withLabel(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR)
          .list()
          .getItems()
          .forEach(object -> state.add(object, json, normal));
    }
    tables.forEach((table, all) -> all.forEach(row -> state.add(table, normal.text(row))));
    return state;
  }

  /** What is here or there only; empty when they are equal. */
  List<String> differences(EndState expected) {
    List<String> differences = new ArrayList<>();
    expected.objects.forEach((name, wanted) -> {
      List<String> found = objects.getOrDefault(name, List.of());
      if (!found.equals(wanted)) {
        differences.add(name + "\n    expected " + wanted + "\n    but was  " + found);
      }
    });
    objects.forEach((name, found) -> {
      if (!expected.objects.containsKey(name)) {
        differences.add("unexpected " + name + "\n    " + found);
      }
    });
    return differences;
  }

  /** Nothing is left but rows, which stay. */
  boolean isEmpty() {
    return objects.keySet().stream().allMatch(name -> name.startsWith("row of "));
  }

  /** Nothing is on its way in or out. */
  boolean isSettled() {
    return objects.values().stream()
        .flatMap(List::stream)
        .noneMatch(text ->
            text.contains("deletionTimestamp") || text.contains("\"type\":\"Reconciling\""));
  }

  private void add(String name, String text) {
    List<String> of = objects.computeIfAbsent(name, key -> new ArrayList<>());
    of.add(text);
    of.sort(null);
  }

  private void add(HasMetadata object, KubernetesSerialization json, Normal normal) {
    String place = object.getMetadata().getNamespace();
    String name =
        object.getKind()
            + " "
            + (place == null ? "" : place + "/")
            + object.getMetadata().getName();
    add(normal.text(name), normal.text(json.asJson(essence(object, json))));
  }

  /** Without what the API server counts and what is only sampled, and without anything secret. */
  private static ObjectNode essence(HasMetadata object, KubernetesSerialization json) {
    ObjectNode tree = json.convertValue(object, ObjectNode.class);
    ObjectNode metadata = (ObjectNode) tree.get("metadata");
    metadata.remove(
        List.of("resourceVersion", "managedFields", "creationTimestamp", "uid", "generateName"));
    if (tree.path("status") instanceof ObjectNode status) {
      // sampled at most once a minute, and anew by each new process
      status.remove(List.of("keys", "sandboxes", "warm", "claimed", "tenants"));
    }
    if (object instanceof Secret) {
      ObjectNode data = (ObjectNode) tree.get("data");
      data.fieldNames().forEachRemaining(field -> data.put(field, "there"));
    }
    if (object instanceof Pod) {
      // enough to tell a pod of the old policy from one of the new
      tree.set("spec", tree.path("spec").path("containers").path(0).path("resources"));
    }
    return tree;
  }

  private static void learn(HasMetadata object, Normal normal) {
    String name = object.getKind() + " " + normal.text(object.getMetadata().getName());
    normal.learn(object.getMetadata().getUid(), "uid of " + name);
    if (object instanceof Tenant tenant
        && tenant.getStatus() != null
        && tenant.getStatus().tenantId() != null) {
      normal.learn(tenant.getStatus().tenantId(), "id of " + name);
    }
  }
}
