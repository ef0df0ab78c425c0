package dev.hermes.api.tenant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.api.identity.EpochWatch;
import dev.hermes.api.identity.SharedReads;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * The tenant's effective configuration, as the operator wrote it, at most two seconds old. Every
 * decision about models, tools, sandboxes and limits asks here.
 */
@Singleton
public final class Tenants {
  private final TenantDatabase database;
  private final ObjectMapper json;
  private final Cache<TenantId, EffectiveTenant> cache =
      Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofSeconds(2)).build();
  private final SharedReads<TenantId, EffectiveTenant> reads = new SharedReads<>();

  Tenants(@Named("home") TenantDatabase database, ObjectMapper json, EpochWatch watch) {
    this.database = database;
    this.json = json;
    watch.onChange(this::forget);
  }

  /** The configuration; 403 while the tenant is suspended. */
  public EffectiveTenant effective(TenantId tenant) {
    EffectiveTenant known = known(tenant);
    if (known.suspended()) {
      throw new ApiException(
          Failure.forbidden("tenant_suspended", "This tenant is suspended by its platform team."));
    }
    return known;
  }

  /** Whether there is such a tenant, suspended or not; one that is deleted is none. */
  public boolean exists(TenantId tenant) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select exists (
                      select from hermes.tenants where tenant_id = :tenant and state <> 'deleted')
                    """)
                .bind("tenant", tenant.value())
                .mapTo(Boolean.class)
                .one());
  }

  /** Where the tenant's content lives, suspended or not. */
  public EffectiveDatabase database(TenantId tenant) {
    return known(tenant).database();
  }

  private EffectiveTenant known(TenantId tenant) {
    EffectiveTenant known = cache.getIfPresent(tenant);
    return known == null ? reads.of(tenant, () -> read(tenant)) : known;
  }

  private void forget() {
    reads.forget();
    cache.invalidateAll();
  }

  private EffectiveTenant read(TenantId tenant) {
    String config =
        database.inTenant(
            tenant,
            handle ->
                handle
                    .createQuery("select config from hermes.tenants where tenant_id = :tenant")
                    .bind("tenant", tenant.value())
                    .mapTo(String.class)
                    .one());
    try {
      EffectiveTenant read = json.readValue(config, EffectiveTenant.class);
      cache.put(tenant, read);
      return read;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "the configuration of tenant " + tenant + " is unreadable", e);
    }
  }
}
