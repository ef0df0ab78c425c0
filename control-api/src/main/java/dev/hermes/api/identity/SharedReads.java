package dev.hermes.api.identity;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * Whoever asks for a thing while it is being read waits for that read: when a cache's entry ends
 * under load, one caller goes to the database and not each. The read puts its result in the cache
 * itself. All who waited get its failure, too.
 */
public final class SharedReads<K, V> {
  private final ConcurrentMap<K, CompletableFuture<V>> running = new ConcurrentHashMap<>();

  /**
   * @param read run by this thread unless another is at it
   */
  public V of(K key, Supplier<V> read) {
    CompletableFuture<V> mine = new CompletableFuture<>();
    CompletableFuture<V> theirs = running.putIfAbsent(key, mine);
    return theirs == null ? lead(key, mine, read) : follow(theirs);
  }

  /** Who asks from now on does not get what was being read before. */
  public void forget() {
    running.clear();
  }

  private V lead(K key, CompletableFuture<V> mine, Supplier<V> read) {
    try {
      V value = read.get();
      mine.complete(value);
      return value;
    } catch (Throwable e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      running.remove(key, mine);
    }
  }

  private static <V> V follow(CompletableFuture<V> theirs) {
    try {
      return theirs.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error error -> throw error;
        case null, default -> throw e;
      }
    }
  }
}
