package dev.hermes.operator.dedicated;

import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.provision.DatabaseIdentity;
import dev.hermes.operator.provision.DedicatedDatabase;
import dev.hermes.operator.provision.DedicatedTenants;
import dev.hermes.operator.provision.DeletedTenant;
import dev.hermes.operator.provision.Holder;
import dev.hermes.operator.provision.Purges;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The part of a purge that is in the tenant's own database; the purge begins with it. That the time
 * has come, that nothing holds the data and that the breaker is closed is decided by the platform's
 * own database.
 */
public final class DedicatedPurge {
  private final DedicatedTenants tenants;
  private final DedicatedDatabases databases;
  private final Supplier<DatabaseIdentity> home;

  public DedicatedPurge(
      DedicatedTenants tenants, DedicatedDatabases databases, Supplier<DatabaseIdentity> home) {
    this.tenants = tenants;
    this.databases = databases;
    this.home = home;
  }

  /**
   * One transaction there; FINISHED when nothing of the tenant is there (any more). Throws when the
   * database cannot be reached: data that may still be there is not reported as gone.
   */
  public Purges.Progress purge(UUID tenant, int rows) {
    Optional<String> secret = tenants.secret(tenant);
    if (secret.isEmpty()) {
      return Purges.Progress.FINISHED;
    }
    DedicatedDatabase database = databases.find(secret.get()).database();
    if (database.checks().schemaVersion() == 0 || database.checks().identity().equals(home.get())) {
      return Purges.Progress.FINISHED;
    }
    Optional<Holder> holder = database.holder(tenant);
    if (holder.isEmpty() || database.isPurged(tenant)) {
      return Purges.Progress.FINISHED;
    }
    if (!holder.get().purged()) {
      // it may have been away when the Tenant went
      database.delete(
          new DeletedTenant(
              tenant,
              holder.get().objectUid(),
              holder.get().name(),
              new TenantSpec.Deletion(TenantSpec.DeletionPolicy.DELETE, 0, false),
              List.of(),
              Map.of()));
    }
    return database.purge(tenant, rows);
  }
}
