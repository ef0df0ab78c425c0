package dev.hermes.operator.tenant;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.id.UuidV7;
import dev.hermes.operator.provision.TenantRow;
import dev.hermes.operator.provision.TenantRows;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The tenant's row: its id for ever, and the configuration that the API reads. */
final class DatabaseStep {
  private final TenantRows rows;

  DatabaseStep(TenantRows rows) {
    this.rows = rows;
  }

  /**
   * The id stored for this very object; a new one when there is none. Empty when the status names
   * an id whose row is gone: lost data must not become a new, empty tenant.
   */
  Optional<UUID> identify(Tenant tenant) {
    Optional<UUID> known = rows.find(tenant.getMetadata().getUid());
    if (known.isPresent()) {
      return known;
    }
    if (tenant.getStatus() != null && tenant.getStatus().tenantId() != null) {
      return Optional.empty();
    }
    UUID id = UuidV7.next();
    return Optional.of(
        rows.upsert(
            new TenantRow(
                tenant.getMetadata().getUid(),
                id,
                effective(tenant, id, Optional.empty(), List.of()))));
  }

  /**
   * @param namespace empty while the API must not make sandboxes
   */
  void write(Tenant tenant, UUID id, Optional<String> namespace, List<ResolvedPolicy> policies) {
    rows.upsert(
        new TenantRow(
            tenant.getMetadata().getUid(), id, effective(tenant, id, namespace, policies)));
  }

  static EffectiveTenant effective(
      Tenant tenant, UUID id, Optional<String> namespace, List<ResolvedPolicy> policies) {
    TenantSpec spec = TenantCache.spec(tenant);
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
        spec.models(),
        spec.tools().allow(),
        spec.limits().requestsPerMinute(),
        spec.sandbox().maxConcurrent(),
        effective);
  }
}
