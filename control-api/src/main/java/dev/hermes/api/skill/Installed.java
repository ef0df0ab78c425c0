package dev.hermes.api.skill;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.api.body.Sha256;
import dev.hermes.api.notice.Hearing;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tenants have no skill at all, so that their turns ask the database nothing. Only that is
 * believed unasked; who has some is looked up by each turn. A first skill is told to the other
 * replicas, and a word that is lost costs a minute.
 */
@Singleton
final class Installed implements Hearing {
  private static final Logger LOG = LoggerFactory.getLogger(Installed.class);
  private static final String CHANNEL = "hermes_skills";

  private final TenantDatabase home;
  private final Cache<TenantId, Known> known =
      Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofMinutes(1)).build();
  private long changes;

  /**
   * @param word by which other replicas speak of the tenant; made once, and not by each turn
   */
  private record Known(boolean any, String word) {}

  Installed(@Named("home") TenantDatabase home) {
    this.home = home;
  }

  /** Whether it is known that there is none. */
  boolean isNone(TenantId tenant) {
    Known before = known.getIfPresent(tenant);
    return before != null && !before.any();
  }

  /**
   * Whether there is any.
   *
   * @param read asks the database; what is installed meanwhile makes its answer old
   */
  boolean isAny(TenantId tenant, BooleanSupplier read) {
    Known before = known.getIfPresent(tenant);
    if (before != null) {
      return before.any();
    }
    long seen = changes();
    boolean any = read.getAsBoolean();
    keep(tenant, any, seen);
    return any;
  }

  /** One was installed, and its transaction has ended. */
  void one(TenantId tenant) {
    String word = word(tenant);
    heard(Set.of(word));
    try {
      home.inTenant(
          tenant,
          handle ->
              handle
                  .createQuery("select pg_notify(:channel, :word)::text")
                  .bind("channel", CHANNEL)
                  .bind("word", word)
                  .mapTo(String.class)
                  .list());
    } catch (RuntimeException e) {
      LOG.warn("other replicas hear of a skill a minute late: {}", e.toString());
    }
  }

  @Override
  public String channel() {
    return CHANNEL;
  }

  @Override
  public synchronized void heard(Set<String> words) {
    changes++;
    known.asMap().values().removeIf(it -> words.contains(it.word()));
  }

  @Override
  public synchronized void missed() {
    changes++;
    known.invalidateAll();
  }

  private synchronized long changes() {
    return changes;
  }

  private synchronized void keep(TenantId tenant, boolean any, long seen) {
    if (changes == seen) {
      known.put(tenant, new Known(any, word(tenant)));
    }
  }

  /** Whoever may connect may listen, and who installs skills is nobody's business. */
  private static String word(TenantId tenant) {
    return Sha256.of(tenant.toString()).hex();
  }
}
