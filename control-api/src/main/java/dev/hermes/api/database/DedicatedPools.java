package dev.hermes.api.database;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import dev.hermes.database.access.Place;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The databases of tenants that have one of their own, opened at first use. One that is away or
 * unfit costs its own tenant 503 and nobody else anything.
 */
@Singleton
final class DedicatedPools {
  private static final Logger LOG = LoggerFactory.getLogger(DedicatedPools.class);

  private final DedicatedSettings settings;
  private final DatabaseSecrets secrets;
  private final Cache<TenantId, DedicatedEntry> entries;
  private final ReentrantLock making = new ReentrantLock();

  DedicatedPools(DedicatedSettings settings, DatabaseSecrets secrets, MeterRegistry meters) {
    this.settings = settings;
    this.secrets = secrets;
    this.entries =
        Caffeine.newBuilder()
            .expireAfterAccess(settings.unused())
            .scheduler(Scheduler.systemScheduler())
            .executor(Runnable::run)
            .<TenantId, DedicatedEntry>removalListener((tenant, entry, cause) -> {
              if (entry != null) {
                entry.close();
              }
            })
            .build();
    Gauge.builder("hermes_db_dedicated", entries, Cache::estimatedSize).register(meters);
  }

  /** Where the tenant's content is; throws 503 while that may not or cannot be used. */
  Place of(TenantId tenant, String secret) {
    DedicatedEntry entry = entries.getIfPresent(tenant);
    if (entry == null || !entry.secret().equals(secret)) {
      entry = make(tenant, secret);
    }
    return entry.place();
  }

  /** Whether the tenant's is open. */
  boolean isOpen(TenantId tenant) {
    return entries.asMap().containsKey(tenant);
  }

  /** Whether more than half of the places are free. */
  boolean isRoomy() {
    entries.cleanUp();
    return entries.estimatedSize() * 2 < settings.most();
  }

  @PreDestroy
  void close() {
    entries.invalidateAll();
  }

  private DedicatedEntry make(TenantId tenant, String secret) {
    making.lock();
    try {
      DedicatedEntry known = entries.getIfPresent(tenant);
      if (known != null && known.secret().equals(secret)) {
        return known;
      }
      entries.cleanUp();
      if (known == null && entries.estimatedSize() >= settings.most()) {
        LOG.error(
            "tenant {} is not served: {} databases of tenants are open already; raise"
                + " database.dedicated.maxOpen of the chart",
            tenant,
            settings.most());
        throw DedicatedEntry.notReady();
      }
      DedicatedEntry made = new DedicatedEntry(settings, secrets, tenant, secret);
      entries.put(tenant, made);
      return made;
    } finally {
      making.unlock();
    }
  }
}
