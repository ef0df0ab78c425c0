package dev.hermes.api.toolserver;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one server's tools. Asked for by one at a time; who comes when it is old gets
 * what was known, and the new is there for the next, so that only the first of all waits.
 */
final class Known {
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Listed listed;
  private long staleAt;
  private @Nullable CompletableFuture<List<ListedTool>> running;

  Known(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * @param nanos how long it may be used without asking again
   */
  record Listed(List<ListedTool> tools, long nanos) {
    private static final Listed NOTHING = new Listed(List.of(), 0);
  }

  /**
   * @param ask asks the server, and is given what was known of it before; never throws, and ends in
   *     bounded time
   */
  CompletableFuture<List<ListedTool>> tools(Function<List<ListedTool>, Listed> ask) {
    lock.lock();
    try {
      Listed known = listed == null ? Listed.NOTHING : listed;
      if (listed != null && nanos.getAsLong() - staleAt < 0) {
        return CompletableFuture.completedFuture(known.tools());
      }
      if (running == null) {
        running = begin(() -> ask.apply(known.tools()));
      }
      return listed == null ? running : CompletableFuture.completedFuture(known.tools());
    } finally {
      lock.unlock();
    }
  }

  private CompletableFuture<List<ListedTool>> begin(Supplier<Listed> ask) {
    CompletableFuture<List<ListedTool>> end = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("tool-server-list")
        .start(() -> {
          Listed now = Listed.NOTHING;
          try {
            now = ask.get();
          } finally {
            learnt(now);
            end.complete(now.tools());
          }
        });
    return end;
  }

  private void learnt(Listed now) {
    lock.lock();
    try {
      listed = now;
      staleAt = nanos.getAsLong() + now.nanos();
      running = null;
    } finally {
      lock.unlock();
    }
  }
}
