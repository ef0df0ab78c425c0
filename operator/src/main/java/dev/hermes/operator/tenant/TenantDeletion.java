package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.dedicated.DedicatedStep;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.provision.DeletedTenant;
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
  private final Plans plans;
  private final DedicatedStep dedicated;
  private final PoolController pool;
  private final SchemaStep schema;
  private final Deletion deletion;
  private final Halt halt;
  private final Clock clock;

  TenantDeletion(
      KubernetesClient kubernetes,
      TenantRows rows,
      Plans plans,
      DedicatedStep dedicated,
      PoolController pool,
      SchemaStep schema,
      Halt halt,
      Clock clock) {
    this.kubernetes = kubernetes;
    this.rows = rows;
    this.plans = plans;
    this.dedicated = dedicated;
    this.pool = pool;
    this.schema = schema;
    this.deletion = new Deletion(kubernetes);
    this.halt = halt;
    this.clock = clock;
  }

  /** How far it came. */
  sealed interface Progress {
    /** The finalizer may go. */
    record Done() implements Progress {}

    /**
     * Look again soon.
     *
     * @param blocked what others hold the namespace with
     */
    record Wait(Optional<String> blocked) implements Progress {}

    /** The object is gone, or another one has its name: nothing of it is ours to undo. */
    record NotThere() implements Progress {}
  }

  Progress run(Tenant cached) {
    Optional<Tenant> live = live(cached);
    if (live.isEmpty()) {
      return new Progress.NotThere();
    }
    Tenant tenant = live.get();
    if (tenant.getMetadata().getDeletionTimestamp() == null) {
      return new Progress.Wait(Optional.empty());
    }
    Optional<UUID> id = rows.find(tenant.getMetadata().getUid());
    if (id.isEmpty()) {
      pool.forget(tenant.getMetadata().getUid());
      return new Progress.Done();
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
      return new Progress.Wait(Optional.empty());
    }
    halt.after(Step.TENANT_DRAINED);
    schema.leaves(tenant, id);
    halt.after(Step.TENANT_LOGIN_SECRET_DELETED);

    DeletedTenant ended = ended(tenant, id, ours.isPresent() ? namespace : "");
    rows.delete(ended);
    if (DedicatedStep.concerns(TenantCache.spec(tenant))) {
      dedicated.deleted(tenant, ended);
    }
    halt.after(Step.TENANT_DELETION_ROW);
    // once: while it ends, this is passed at each look
    ours.filter(found -> found.getMetadata().getDeletionTimestamp() == null)
        .ifPresent(found -> deletion.namespace(namespace, found.getMetadata().getUid()));
    halt.after(Step.TENANT_NAMESPACE_DELETED);
    return namespace(namespace, uid)
        .<Progress>map(left -> new Progress.Wait(NamespaceBlockers.of(left)))
        .orElseGet(Progress.Done::new);
  }

  private static DeletedTenant ended(Tenant tenant, UUID id, String namespace) {
    TenantSpec spec = TenantCache.spec(tenant);
    return new DeletedTenant(
        id,
        tenant.getMetadata().getUid(),
        tenant.getMetadata().getName(),
        spec.deletion(),
        spec.legalHold(),
        Map.of(
            "requestedAt", tenant.getMetadata().getDeletionTimestamp(),
            "generation", tenant.getMetadata().getGeneration().toString(),
            "graceDays", spec.deletion().graceDays().toString(),
            "namespace", namespace));
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
    Tenant copy = new Tenant();
    copy.setMetadata(tenant.getMetadata());
    copy.setSpec(TenantCache.spec(tenant).asSuspended());
    rows.upsert(
        new TenantRow(
            tenant.getMetadata().getUid(),
            id,
            DatabaseStep.effective(copy, id, plans, Optional.empty(), List.of())));
  }

  private boolean mayWait(Tenant tenant) {
    return Instant.parse(tenant.getMetadata().getDeletionTimestamp())
        .plus(DRAIN_LIMIT)
        .isAfter(clock.instant());
  }
}
