package dev.hermes.api.idempotency;

import dev.hermes.api.sweep.Expiring;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;

/**
 * Deletes keys that have expired: a few with each new one of their tenant, and all of them when the
 * tenant is swept.
 */
@Singleton
final class Expiry implements Expiring {
  private static final int FEW = 20;
  private static final String DELETE =
      """
      delete from idempotency_keys
      where tenant_id = :tenant and (user_id, key_sha256) in (
        select user_id, key_sha256 from idempotency_keys
        where tenant_id = :tenant and expires_at <= now()
        order by expires_at limit :most for update skip locked)
      """;

  private final TenantDatabase database;

  Expiry(TenantDatabase database) {
    this.database = database;
  }

  /** A tenant has a new key. Joins the caller's transaction. */
  void few(TenantId tenant) {
    delete(tenant, FEW);
  }

  @Override
  public String name() {
    return "idempotency_keys";
  }

  @Override
  public int expire(TenantId tenant) {
    return delete(tenant, MOST);
  }

  private int delete(TenantId tenant, int most) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate(DELETE)
                .bind("tenant", tenant.value())
                .bind("most", most)
                .execute());
  }
}
