package dev.hermes.operator.tenant;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What was written and the watch has not told of yet, so that a look right after a write does not
 * write again. The framework has a cache for this too, but keeps an object in it until the watch
 * tells of it: one that is deleted while the watch is cut would be held for there for ever. Here a
 * write counts while the cache shows what it showed before, and for {@link #TRUSTED_SECONDS} at
 * most.
 */
final class OwnWrites {
  static final long TRUSTED_SECONDS = 10;

  private final Map<Key, Written> writes = new ConcurrentHashMap<>();
  private final LongSupplier nanos;

  /** Takes a clock that never goes back, in nanoseconds. */
  OwnWrites(LongSupplier nanos) {
    this.nanos = nanos;
  }

  private record Key(Class<?> kind, @Nullable String namespace, String name) {}

  private record Written(HasMetadata object, @Nullable String before, long at) {}

  /** Remembers an object as the API server answered it, and what the cache had before the write. */
  <T extends HasMetadata> void add(T object, Optional<T> before) {
    long now = nanos.getAsLong();
    writes.values().removeIf(written -> isOld(written, now));
    Key key =
        new Key(
            object.getClass(), object.getMetadata().getNamespace(), object.getMetadata().getName());
    writes.put(key, new Written(object, before.map(OwnWrites::version).orElse(null), now));
  }

  /** The cached object, or ours while the cache has not moved since. */
  <T extends HasMetadata> Optional<T> newest(
      Class<T> kind, @Nullable String namespace, String name, Optional<T> cached) {
    Key key = new Key(kind, namespace, name);
    Written written = writes.get(key);
    if (written == null) {
      return cached;
    }
    if (isOld(written, nanos.getAsLong()) || !isAt(cached, written.before)) {
      writes.remove(key, written);
      return cached;
    }
    return Optional.of(kind.cast(written.object));
  }

  /**
   * The watch has told of the object: what it says from our write on is newer than what we
   * remember, also when the cache then shows what it showed before, for the object is gone again.
   */
  void told(HasMetadata object) {
    Key key =
        new Key(
            object.getClass(), object.getMetadata().getNamespace(), object.getMetadata().getName());
    writes.computeIfPresent(
        key, (any, written) -> isBefore(version(object), version(written.object)) ? written : null);
  }

  /** Versions of one kind are numbers that grow (KEP-5504); others are not told apart. */
  private static boolean isBefore(String version, String other) {
    try {
      return Long.parseLong(version) < Long.parseLong(other);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static boolean isAt(Optional<? extends HasMetadata> cached, @Nullable String version) {
    return Objects.equals(cached.map(OwnWrites::version).orElse(null), version);
  }

  private static boolean isOld(Written written, long now) {
    return now - written.at >= TimeUnit.SECONDS.toNanos(TRUSTED_SECONDS);
  }

  private static String version(HasMetadata object) {
    return object.getMetadata().getResourceVersion();
  }
}
