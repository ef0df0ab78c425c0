package dev.hermes.api.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Jdbi;

/**
 * Looks keys up by their id and remembers them for half a minute. Whoever hears of a revocation
 * calls {@link #forget}; what was being read at that moment is not remembered.
 */
@Singleton
final class KeyDirectory {
  private final Jdbi authn;
  private final EpochWatch watch;
  private final Cache<String, KeyRecord> known;
  private final Cache<String, Boolean> unknown;
  private final SharedReads<String, Optional<KeyRecord>> reads = new SharedReads<>();
  private final AtomicLong forgotten = new AtomicLong();

  KeyDirectory(
      @Named("authn") Jdbi authn,
      EpochWatch watch,
      @Value("${hermes.authn.cache:30s}") Duration lifetime) {
    this.authn = authn;
    this.watch = watch;
    this.known = Caffeine.newBuilder().maximumSize(50_000).expireAfterWrite(lifetime).build();
    // small and short: a flood of made-up ids neither fills memory nor hides a new key
    this.unknown =
        Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofSeconds(1)).build();
    watch.onChange(this::forget);
  }

  Optional<KeyRecord> find(String kid) {
    if (watch.isFresh()) {
      KeyRecord cached = known.getIfPresent(kid);
      if (cached != null) {
        return Optional.of(cached);
      }
      if (unknown.getIfPresent(kid) != null) {
        return Optional.empty();
      }
    }
    return reads.of(kid, () -> read(kid));
  }

  private Optional<KeyRecord> read(String kid) {
    long before = forgotten.get();
    Optional<KeyRecord> found =
        authn.withHandle(handle ->
            handle
                .createQuery("select * from authn.lookup(:kid)")
                .bind("kid", kid)
                .map((row, context) -> KeyRecord.read(row))
                .findOne());
    if (forgotten.get() == before) {
      found.ifPresentOrElse(key -> known.put(kid, key), () -> unknown.put(kid, true));
      if (forgotten.get() != before) {
        known.invalidate(kid);
      }
    }
    return found;
  }

  private void forget() {
    forgotten.incrementAndGet();
    reads.forget();
    known.invalidateAll();
    unknown.invalidateAll();
  }
}
