package dev.hermes.api.database;

import dev.hermes.api.tenant.Tenants;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;

/**
 * Where background work may go. A database of a tenant's own that is not open takes one of few
 * places, and half of them are kept for requests.
 */
@Singleton
public final class Visits {
  private final Tenants tenants;
  private final DedicatedPools dedicated;

  Visits(Tenants tenants, DedicatedPools dedicated) {
    this.tenants = tenants;
    this.dedicated = dedicated;
  }

  /** Whether work that nobody waits for may reach the tenant's content now. */
  public boolean mayVisit(TenantId tenant) {
    return switch (tenants.database(tenant).isolation()) {
      case SHARED, SCHEMA -> true;
      case DEDICATED -> dedicated.isOpen(tenant) || dedicated.isRoomy();
    };
  }
}
