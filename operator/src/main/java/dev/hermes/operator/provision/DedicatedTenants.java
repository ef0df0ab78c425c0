package dev.hermes.operator.provision;

import java.util.Optional;
import java.util.UUID;

/**
 * What the platform's own database remembers of a tenant's isolation, for when there is no Tenant
 * object to ask.
 */
public final class DedicatedTenants {
  private final Fenced home;

  public DedicatedTenants(Fenced home) {
    this.home = home;
  }

  /**
   * The Secret that leads to the tenant's own database; empty: the tenant's content is in the
   * platform's own database, or was.
   */
  public Optional<String> secret(UUID tenant) {
    return home.ask(handle ->
        handle
            .createQuery(
                """
                select config->'database'->>'secret' from hermes.tenants
                 where tenant_id = :tenant and config->'database'->>'isolation' = 'Dedicated'\
                """)
            .bind("tenant", tenant)
            .mapTo(String.class)
            .findOne());
  }
}
