package dev.hermes.api.skill;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.api.notice.Hearing;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
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
  private final Cache<String, Boolean> known =
      Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofMinutes(1)).build();
  private long changes;

  Installed(@Named("home") TenantDatabase home) {
    this.home = home;
  }

  /** Whether it is known that there is none. */
  boolean isNone(TenantId tenant) {
    return Boolean.FALSE.equals(known.getIfPresent(word(tenant)));
  }

  /**
   * Whether there is any.
   *
   * @param read asks the database; what is installed meanwhile makes its answer old
   */
  boolean isAny(TenantId tenant, BooleanSupplier read) {
    String word = word(tenant);
    Boolean before = known.getIfPresent(word);
    if (before != null) {
      return before;
    }
    long seen = changes();
    boolean any = read.getAsBoolean();
    keep(word, any, seen);
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
    known.invalidateAll(words);
  }

  @Override
  public synchronized void missed() {
    changes++;
    known.invalidateAll();
  }

  private synchronized long changes() {
    return changes;
  }

  private synchronized void keep(String word, boolean any, long seen) {
    if (changes == seen) {
      known.put(word, any);
    }
  }

  /** Whoever may connect may listen, and who installs skills is nobody's business. */
  private static String word(TenantId tenant) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(tenant.toString().getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
