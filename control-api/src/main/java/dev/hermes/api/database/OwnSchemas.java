package dev.hermes.api.database;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.database.access.Place;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.check.SchemaVersion;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * Tenants with a schema of their own. A schema that is not there yet, or that a migration has not
 * reached, is a 503 for that tenant alone; what was good once is asked again each minute.
 */
@Singleton
final class OwnSchemas {
  private static final int RETRY_SECONDS = 5;

  private final TenantDatabase home;
  private final HikariDataSource app;
  private final Cache<TenantId, Place> ready =
      Caffeine.newBuilder().maximumSize(1_000).expireAfterWrite(Duration.ofMinutes(1)).build();

  OwnSchemas(@Named("home") TenantDatabase home, @Named("app") HikariDataSource app) {
    this.home = home;
    this.app = app;
  }

  /** Throws {@link ApiException} 503 unless the schema is one this process can work with. */
  Place of(TenantId tenant, String schema) {
    Place known = ready.getIfPresent(tenant);
    if (known == null || !known.schema().equals(schema)) {
      known = look(tenant, schema);
      ready.put(tenant, known);
    }
    return known;
  }

  private Place look(TenantId tenant, String schema) {
    int version =
        home.inTenant(
            tenant,
            handle ->
                handle
                    .createQuery(
                        """
                        select version from layout.tenant_schemas
                        where tenant_id = :tenant and schema = :schema
                        """)
                    .bind("tenant", tenant.value())
                    .bind("schema", schema)
                    .mapTo(Integer.class)
                    .findOne()
                    .orElse(0));
    if (version < SchemaVersion.REQUIRED) {
      throw new ApiException(
          Failure.unavailable(
                  "tenant_schema_not_ready",
                  version == 0
                      ? "The database schema of this tenant is being made. Try again."
                      : "The database schema of this tenant waits for a migration. Try again; if it"
                          + " stays, tell the platform team to look at the migration Job.")
              .retryAfter(RETRY_SECONDS));
    }
    return new Place(app, schema);
  }
}
