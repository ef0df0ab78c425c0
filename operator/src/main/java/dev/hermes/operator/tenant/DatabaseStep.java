package dev.hermes.operator.tenant;

import dev.hermes.crds.Reason;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.id.UuidV7;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.plan.Bounds;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.provision.TenantRow;
import dev.hermes.operator.provision.TenantRows;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The tenant's row: its id for ever, and the configuration that the API reads. */
final class DatabaseStep {
  private final TenantRows rows;
  private final AdoptStep adoption;
  private final Plans plans;

  /** Rows that the look in hand made, by the object's UID: not written twice in one look. */
  private final Map<String, TenantRow> made = new ConcurrentHashMap<>();

  DatabaseStep(TenantRows rows, AdoptStep adoption, Plans plans) {
    this.plans = plans;
    this.rows = rows;
    this.adoption = adoption;
  }

  /** Which rows are this object's. */
  sealed interface Identity {
    /** Those of this id. */
    record Known(UUID id) implements Identity {}

    /** Those of this id, which were another object's until now. */
    record Adopted(UUID id) implements Identity {}

    /** None, and none may be made. */
    record None(StepOutcome outcome) implements Identity {}
  }

  /**
   * The id stored for this very object; else the one it adopts; else a new one. None when the
   * status names an id whose row is gone: lost data must not become a new, empty tenant.
   */
  Identity identify(Tenant tenant) {
    made.remove(tenant.getMetadata().getUid());
    Optional<UUID> known = rows.find(tenant.getMetadata().getUid());
    TenantSpec.Adopt adopt = TenantCache.spec(tenant).adopt();
    if (known.isPresent()) {
      return adopt == null || adopt.tenantId().equals(known.get().toString())
          ? new Identity.Known(known.get())
          : new Identity.None(
              new Invalid(
                  Reason.AdoptRefused,
                  "this Tenant got data of its own before spec.adopt was set; make a new Tenant"
                      + " with it"));
    }
    if (adopt != null) {
      UUID id = UUID.fromString(adopt.tenantId());
      return adoption
          .obstacle(tenant, id)
          .<Identity>map(Identity.None::new)
          .orElseGet(() -> new Identity.Adopted(id));
    }
    if (tenant.getStatus() != null && tenant.getStatus().tenantId() != null) {
      return new Identity.None(
          new Invalid(
              Reason.DataMissing,
              "the database has no data of the tenant id in the status for this object; restore"
                  + " the database, or set spec.adopt.tenantId to that id, or delete this Tenant"
                  + " and make a new one"));
    }
    UUID id = UuidV7.next();
    TenantRow row = row(tenant, id, Optional.empty(), List.of());
    UUID stored = rows.upsert(row);
    if (stored.equals(id)) {
      made.put(row.objectUid(), row);
    }
    return new Identity.Known(stored);
  }

  /**
   * @param namespace empty while the API must not make sandboxes
   */
  void write(Tenant tenant, UUID id, Optional<String> namespace, List<ResolvedPolicy> policies) {
    TenantRow row = row(tenant, id, namespace, policies);
    if (!row.equals(made.remove(row.objectUid()))) {
      rows.upsert(row);
    }
  }

  TenantRow row(Tenant tenant, UUID id, Optional<String> namespace, List<ResolvedPolicy> policies) {
    return new TenantRow(
        tenant.getMetadata().getUid(), id, effective(tenant, id, plans, namespace, policies));
  }

  /** The schema's name says whose it is: the id without its dashes. */
  static EffectiveDatabase database(TenantSpec spec, UUID id) {
    TenantSpec.Database database = spec.database();
    return new EffectiveDatabase(
        database.isolation(),
        database.isolation() == TenantSpec.Isolation.SCHEMA
            ? "hermes_t_" + id.toString().replace("-", "")
            : null,
        database.secretRef() == null ? null : database.secretRef().name());
  }

  static EffectiveTenant effective(
      Tenant tenant,
      UUID id,
      Plans plans,
      Optional<String> namespace,
      List<ResolvedPolicy> policies) {
    TenantSpec spec = TenantCache.spec(tenant);
    Bounds bounds = plans.of(spec);
    String name = tenant.getMetadata().getName();
    List<EffectivePolicy> effective =
        namespace.isPresent()
            ? policies.stream().map(ResolvedPolicy::effective).toList()
            : List.of();
    return new EffectiveTenant(
        id.toString(),
        name,
        spec.displayName().isEmpty() ? name : spec.displayName(),
        spec.suspended(),
        tenant.getMetadata().getGeneration(),
        namespace.orElse(null),
        database(spec, id),
        spec.models(),
        spec.tools().allow(),
        bounds.requestsPerMinute(),
        bounds.maxConcurrentSandboxes(),
        effective,
        spec.mcpServers());
  }
}
