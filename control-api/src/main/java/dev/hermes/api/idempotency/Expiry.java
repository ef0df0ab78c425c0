package dev.hermes.api.idempotency;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what has expired: a few rows with each new key of a tenant, and all of them each hour for
 * the tenants that this process has had keys of.
 */
@Singleton
final class Expiry {
  private static final Logger LOG = LoggerFactory.getLogger(Expiry.class);
  private static final int FEW = 20;
  private static final int MANY = 1_000;
  private static final String DELETE =
      """
      delete from idempotency_keys
      where tenant_id = :tenant and (user_id, key_sha256) in (
        select user_id, key_sha256 from idempotency_keys
        where tenant_id = :tenant and expires_at <= now()
        order by expires_at limit :most for update skip locked)
      """;

  private final TenantDatabase database;
  private final Clock clock;
  private final Duration pause;
  private final Map<TenantId, Instant> seen = new ConcurrentHashMap<>();

  Expiry(
      TenantDatabase database,
      Clock clock,
      ScheduledExecutorService timer,
      @Value("${hermes.idempotency-sweep:1h}") Duration pause) {
    this.database = database;
    this.clock = clock;
    this.pause = pause;
    timer.scheduleWithFixedDelay(
        () -> Thread.ofVirtual().name("expiry").start(this::sweep),
        pause.toMillis(),
        pause.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** A tenant has a new key. Joins the caller's transaction. */
  void few(TenantId tenant) {
    seen.put(tenant, clock.instant());
    delete(tenant, FEW);
  }

  private void sweep() {
    Instant now = clock.instant();
    seen.forEach((tenant, last) -> {
      try {
        while (delete(tenant, MANY) == MANY) {}
        if (last.plus(IdempotencyKeys.KEPT).plus(pause).isBefore(now)) {
          seen.remove(tenant, last);
        }
      } catch (RuntimeException e) {
        LOG.warn("expired keys of tenant {} were not deleted: {}", tenant, e.toString());
      }
    });
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
