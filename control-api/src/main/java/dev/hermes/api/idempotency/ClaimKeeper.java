package dev.hermes.api.idempotency;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of the claims of this process that they live, four times within the time after which a claim
 * is taken for dead, and tells those that were lost all the same.
 */
@Singleton
public final class ClaimKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimKeeper.class);

  /** Longer than any request may take. */
  private static final Duration MOST = Duration.ofMinutes(10);

  private static final String ALIVE =
      """
      update idempotency_keys set alive_at = now()
      where tenant_id = :tenant and owner = any(:owners) and alive_at > '-infinity'
        and (user_id, key_sha256) in (
          select u, decode(k, 'hex') from unnest(:users::text[], :keys::text[]) as held (u, k))
      returning owner
      """;

  private final TenantDatabase database;
  private final ScheduledExecutorService timer;
  private final ReentrantLock beating = new ReentrantLock();
  private final Map<Claim, Runnable> held = new ConcurrentHashMap<>();

  ClaimKeeper(
      TenantDatabase database,
      ScheduledExecutorService timer,
      @Value("${hermes.idempotency-lease:40s}") Duration lease) {
    this.database = database;
    this.timer = timer;
    long beat = lease.toMillis() / 4;
    timer.scheduleWithFixedDelay(
        () -> {
          if (!held.isEmpty()) {
            Thread.ofVirtual().name("claims").start(this::beat);
          }
        },
        beat,
        beat,
        TimeUnit.MILLISECONDS);
  }

  /** A claim that is kept alive until it is closed. */
  public interface Kept extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * @param lost called once should a repetition have taken the claim over
   */
  public Kept keep(Claim claim, Runnable lost) {
    held.put(claim, lost);
    // one that nobody closes must not outlive its request for ever
    Future<?> longest =
        timer.schedule(() -> held.remove(claim), MOST.toSeconds(), TimeUnit.SECONDS);
    return () -> {
      longest.cancel(false);
      held.remove(claim);
    };
  }

  private void beat() {
    if (!beating.tryLock()) {
      return;
    }
    try {
      held.keySet().stream().collect(Collectors.groupingBy(Claim::tenant)).forEach(this::beat);
    } finally {
      beating.unlock();
    }
  }

  private void beat(TenantId tenant, List<Claim> claims) {
    try {
      Set<String> alive = alive(tenant, claims);
      for (Claim claim : claims) {
        Runnable lost = alive.contains(claim.owner()) ? null : held.remove(claim);
        if (lost != null) {
          lost.run();
        }
      }
    } catch (RuntimeException e) {
      // the next beat tries again; there are three more before a claim is taken for dead
      LOG.warn("the claims of tenant {} were not kept alive: {}", tenant, e.toString());
    }
  }

  private Set<String> alive(TenantId tenant, List<Claim> claims) {
    return new HashSet<>(
        database.inTenant(
            tenant,
            handle ->
                handle
                    .createQuery(ALIVE)
                    .bind("tenant", tenant.value())
                    .bindArray("owners", String.class, claims.stream().map(Claim::owner).toList())
                    .bindArray("users", String.class, claims.stream().map(Claim::user).toList())
                    .bindArray("keys", String.class, claims.stream().map(Claim::key).toList())
                    .mapTo(String.class)
                    .list()));
  }
}
