package dev.hermes.operator.faults;

import dev.hermes.crds.Names;
import dev.hermes.crds.Role;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.cluster.Cluster;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What people do to the three kinds from the first object to the last, in phases: each is awaited
 * before the next begins, so that a write has the same name and number in every run. A new feature
 * of a kind gets its phase here; its writes are found by themselves.
 */
final class Script {
  private final KubernetesClient kubernetes;
  private final String run;

  /** One thing that somebody does. */
  record Phase(String name, Consumer<Script> act) {}

  static final List<Phase> PHASES =
      List.of(
          new Phase("policy made", s -> s.create(Cluster.policy(s.name("p")))),
          new Phase(
              "tenant made, with sandboxes",
              s -> s.create(Cluster.tenant(s.name("a"), s.name("p")))),
          new Phase("tenant made, without", s -> s.create(Cluster.tenant(s.name("b")))),
          new Phase("key made", s -> s.create(s.key("k", "a"))),
          new Phase("second tenant's key made", s -> s.create(s.key("l", "b"))),
          new Phase(
              "tenant edited",
              s ->
                  s.edit(
                      Tenant.class,
                      "a",
                      """
                      {"displayName":"edited","sandbox":{"maxConcurrent":5}}\
                      """)),
          new Phase(
              "policy edited",
              s ->
                  s.edit(
                      SandboxPolicy.class,
                      "p",
                      """
                      {"resources":{"memory":"256Mi"}}\
                      """)),
          new Phase("tenant suspended", s -> s.edit(Tenant.class, "a", "{\"suspended\":true}")),
          new Phase("tenant resumed", s -> s.edit(Tenant.class, "a", "{\"suspended\":false}")),
          new Phase("key deleted", s -> s.delete(ApiKey.class, "k")),
          new Phase("tenant deleted, with sandboxes", s -> s.delete(Tenant.class, "a")),
          new Phase("tenant deleted, its key stays", s -> s.delete(Tenant.class, "b")),
          new Phase("key deleted, policy deleted", Script::deleteRest));

  Script(KubernetesClient kubernetes, String run) {
    this.kubernetes = kubernetes;
    this.run = run;
  }

  /** Deletes whatever there is of the three kinds, of this run or another. */
  void deleteAll() {
    everything().forEach(object -> kubernetes.resource(object).delete());
  }

  /** After a run that failed: nothing of it may be in the way of the next. */
  void force() {
    everything().forEach(this::dropFinalizers);
    kubernetes.namespaces().withLabel(Names.MANAGED_BY, Names.MANAGED_BY_OPERATOR).delete();
  }

  private List<HasMetadata> everything() {
    return Stream.of(ApiKey.class, Tenant.class, SandboxPolicy.class)
        .<HasMetadata>flatMap(
            kind -> kubernetes.resources(kind).inAnyNamespace().list().getItems().stream())
        .toList();
  }

  private void dropFinalizers(HasMetadata object) {
    try {
      kubernetes
          .resource(object)
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
    } catch (KubernetesClientException e) {
      // it had none, and is gone
      if (e.getCode() != 404) {
        throw e;
      }
    }
  }

  private String name(String suffix) {
    return run + "-" + suffix;
  }

  private ApiKey key(String key, String tenant) {
    return Cluster.key(name(key), name(tenant), List.of(Role.USER));
  }

  private void create(HasMetadata object) {
    kubernetes.resource(object).create();
  }

  private <T extends HasMetadata> void edit(Class<T> kind, String suffix, String spec) {
    kubernetes
        .resources(kind)
        .withName(name(suffix))
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":" + spec + "}");
  }

  private <T extends HasMetadata> void delete(Class<T> kind, String suffix) {
    if (kind == ApiKey.class) {
      kubernetes.resources(kind).inNamespace(Cluster.APPS).withName(name(suffix)).delete();
    } else {
      kubernetes.resources(kind).withName(name(suffix)).delete();
    }
  }

  private void deleteRest() {
    delete(ApiKey.class, "l");
    delete(SandboxPolicy.class, "p");
  }
}
