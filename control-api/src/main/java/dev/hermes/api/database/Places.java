package dev.hermes.api.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.effective.EffectiveDatabase;
import dev.hermes.database.access.Place;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Objects;

/** Finds the pool and schema of a tenant's content. */
@Singleton
final class Places {
  private final Tenants tenants;
  private final OwnSchemas ownSchemas;
  private final Place shared;
  private final DedicatedPools dedicated;

  Places(
      Tenants tenants,
      OwnSchemas ownSchemas,
      DedicatedPools dedicated,
      @Named("app") HikariDataSource app) {
    this.tenants = tenants;
    this.ownSchemas = ownSchemas;
    this.shared = Place.shared(app);
    this.dedicated = dedicated;
  }

  Place of(TenantId tenant) {
    EffectiveDatabase database = tenants.database(tenant);
    return switch (database.isolation()) {
      case SHARED -> shared;
      case SCHEMA -> ownSchemas.of(tenant, Objects.requireNonNull(database.schema()));
      case DEDICATED -> dedicated.of(tenant, Objects.requireNonNull(database.secret()));
    };
  }
}
