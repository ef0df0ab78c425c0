package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.provision.TenantRow;
import dev.hermes.operator.provision.TenantRows;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What stands between the deletion of a Tenant and the end of its finalizer: seconds, not the life
 * of the data. Each step may be repeated, so a process that dies is followed by one that goes on.
 */
final class TenantDeletion {
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(30);

  private final KubernetesClient kubernetes;
  private final TenantRows rows;
  private final PoolController pool;
  private final Deletion deletion;
  private final Halt halt;
  private final Clock clock;

  TenantDeletion(
      KubernetesClient kubernetes, TenantRows rows, PoolController pool, Halt halt, Clock clock) {
    this.kubernetes = kubernetes;
    this.rows = rows;
    this.pool = pool;
    this.deletion = new Deletion(kubernetes);
    this.halt = halt;
    this.clock = clock;
  }

  /** How far it came. */
  enum Progress {
    /** The finalizer may go. */
    DONE,
    /** Look again in a second. */
    WAIT,
    /** The object is gone, or another one has its name: nothing of it is ours to undo. */
    NOT_THERE
  }

  Progress run(Tenant cached) {
    Optional<Tenant> live = live(cached);
    if (live.isEmpty()) {
      return Progress.NOT_THERE;
    }
    Tenant tenant = live.get();
    if (tenant.getMetadata().getDeletionTimestamp() == null) {
      return Progress.WAIT;
    }
    Optional<UUID> id = rows.find(tenant.getMetadata().getUid());
    if (id.isEmpty()) {
      pool.forget(tenant.getMetadata().getUid());
      return Progress.DONE;
    }
    return end(tenant, id.get());
  }

  private Progress end(Tenant tenant, UUID id) {
    String uid = tenant.getMetadata().getUid();
    String name = tenant.getMetadata().getName();
    String namespace = Names.namespaceOf(name, id.toString());

    suspend(tenant, id);
    halt.after(Step.TENANT_SUSPENDED);
    rows.revokeKeys(id);
    halt.after(Step.TENANT_KEYS_REVOKED);

    pool.forget(uid);
    Optional<Namespace> ours = namespace(namespace, uid);
    if (ours.isPresent() && !pool.drain(namespace) && mayWait(tenant)) {
      return Progress.WAIT;
    }
    halt.after(Step.TENANT_DRAINED);

    rows.delete(
        id,
        uid,
        name,
        clock.instant(),
        Map.of(
            "requestedAt", tenant.getMetadata().getDeletionTimestamp(),
            "generation", tenant.getMetadata().getGeneration().toString(),
            "namespace", ours.isPresent() ? namespace : ""));
    halt.after(Step.TENANT_DELETION_ROW);
    ours.ifPresent(found -> deletion.namespace(namespace, found.getMetadata().getUid()));
    halt.after(Step.TENANT_NAMESPACE_DELETED);
    return Progress.DONE;
  }

  /** From the API server and not from the cache; the same object, not one of the same name. */
  private Optional<Tenant> live(Tenant cached) {
    return Optional.ofNullable(
            kubernetes.resources(Tenant.class).withName(cached.getMetadata().getName()).get())
        .filter(live -> live.getMetadata().getUid().equals(cached.getMetadata().getUid()));
  }

  private Optional<Namespace> namespace(String name, String tenantUid) {
    return Optional.ofNullable(kubernetes.namespaces().withName(name).get())
        .filter(live -> NamespaceStep.isOurs(live, tenantUid));
  }

  private void suspend(Tenant tenant, UUID id) {
    TenantSpec spec = TenantCache.spec(tenant);
    TenantSpec suspended =
        new TenantSpec(
            spec.displayName(),
            true,
            spec.database(),
            spec.apiKeys(),
            spec.models(),
            spec.tools(),
            spec.sandbox(),
            spec.limits(),
            spec.deletion());
    Tenant copy = new Tenant();
    copy.setMetadata(tenant.getMetadata());
    copy.setSpec(suspended);
    rows.upsert(
        new TenantRow(
            tenant.getMetadata().getUid(),
            id,
            DatabaseStep.effective(copy, id, Optional.empty(), List.of())));
  }

  private boolean mayWait(Tenant tenant) {
    return Instant.parse(tenant.getMetadata().getDeletionTimestamp())
        .plus(DRAIN_LIMIT)
        .isAfter(clock.instant());
  }
}
