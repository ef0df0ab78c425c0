package dev.hermes.api.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;

/**
 * One window a tenant and class of routes, in this replica's memory: n replicas admit up to n times
 * the limit, as the Tenant resource says.
 */
@Singleton
final class RateLimiter {
  private final Clock clock;
  private final Cache<Bucket, SlidingWindow> windows =
      Caffeine.newBuilder().maximumSize(50_000).expireAfterAccess(Duration.ofMinutes(2)).build();

  RateLimiter(Clock clock) {
    this.clock = clock;
  }

  private record Bucket(TenantId tenant, LimitClass limitClass) {}

  SlidingWindow.Verdict admit(TenantId tenant, LimitClass limitClass, int limit) {
    return windows
        .get(new Bucket(tenant, limitClass), bucket -> new SlidingWindow())
        .admit(limit, clock.millis());
  }
}
