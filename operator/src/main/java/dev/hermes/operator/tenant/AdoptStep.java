package dev.hermes.operator.tenant;

import dev.hermes.crds.Reason;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.operator.kube.ClusterIdentity;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import dev.hermes.operator.provision.Adoptions;
import dev.hermes.operator.provision.Holder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import java.util.UUID;

/**
 * Restores a deleted tenant, or adopts one whose object was lost: never while the object that has
 * the data may still live, here or in another cluster.
 */
final class AdoptStep {
  private final KubernetesClient kubernetes;
  private final Adoptions rows;
  private final ClusterIdentity cluster;
  private final Halt halt;

  AdoptStep(KubernetesClient kubernetes, Adoptions rows, ClusterIdentity cluster, Halt halt) {
    this.kubernetes = kubernetes;
    this.rows = rows;
    this.cluster = cluster;
    this.halt = halt;
  }

  /** Adopts; what stands in the way, if anything does. */
  Optional<StepOutcome> obstacle(Tenant tenant, UUID id) {
    Optional<Holder> holder = rows.holder(id);
    if (holder.isEmpty()) {
      return Optional.of(
          new Invalid(
              Reason.AdoptUnknown,
              "no tenant has the id of spec.adopt; look it up in hermes.tenant_deletions, and see"
                  + " whether this is the right database"));
    }
    Optional<StepOutcome> refusal = refusal(holder.get(), cluster);
    if (refusal.isPresent()) {
      return refusal;
    }
    Optional<StepOutcome> elsewhere = otherIsolation(tenant, holder.get());
    if (elsewhere.isPresent()) {
      return elsewhere;
    }
    Optional<StepOutcome> living = living(holder.get());
    if (living.isPresent()) {
      return living;
    }
    boolean adopted = rows.adopt(id, holder.get(), tenant);
    halt.after(Step.TENANT_ADOPTED);
    return adopted
        ? Optional.empty()
        : Optional.of(
            new Waiting(Reason.AdoptLive, "the data changed hands meanwhile; looked at again"));
  }

  /** What the row alone says against it. */
  static Optional<StepOutcome> refusal(Holder holder, ClusterIdentity cluster) {
    if (holder.purged()) {
      return Optional.of(
          new Invalid(
              Reason.AdoptPurged, "the data was purged and does not come back; make a new Tenant"));
    }
    if (!holder.deleted() && !cluster.mayAnswerFor(holder.cluster())) {
      return Optional.of(
          new Invalid(
              Reason.AdoptElsewhere,
              "the data belongs to a Tenant of cluster "
                  + holder.cluster().orElse(ClusterIdentity.UNRECORDED)
                  + "; delete it there or, when that cluster is gone for good, name it in the"
                  + " chart's operator.takesOver"));
    }
    return Optional.empty();
  }

  /** Data do not move by adoption: they stay where the isolation of their Tenant put them. */
  static Optional<StepOutcome> otherIsolation(Tenant tenant, Holder holder) {
    String wanted = TenantCache.spec(tenant).database().isolation().wire();
    return wanted.equals(holder.isolation())
        ? Optional.empty()
        : Optional.of(
            new Invalid(
                Reason.AdoptRefused,
                "the data of spec.adopt are under isolation "
                    + holder.isolation()
                    + "; make a new Tenant whose spec.database.isolation is that"));
  }

  /** Asked live and by UID: a cache may be late, and a name may be another object's by now. */
  private Optional<StepOutcome> living(Holder holder) {
    Tenant live = kubernetes.resources(Tenant.class).withName(holder.name()).get();
    if (live == null || !live.getMetadata().getUid().equals(holder.objectUid())) {
      return Optional.empty();
    }
    return Optional.of(
        live.getMetadata().getDeletionTimestamp() == null
            ? new Invalid(
                Reason.AdoptLive, "another Tenant of this cluster has the data; delete it first")
            : new Waiting(Reason.AdoptLive, "the Tenant that has the data is still being deleted"));
  }
}
