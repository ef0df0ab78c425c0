package dev.hermes.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.function.Executable;

/** Requests without a pause from several callers, each with one in flight, until it is closed. */
final class Load implements AutoCloseable {
  private final List<Thread> callers = new ArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean goesOn = true;

  /**
   * @param call throws when the request fails in any way
   */
  static Load of(int callers, Executable call) {
    var load = new Load();
    for (var i = 0; i < callers; i++) {
      load.callers.add(Thread.ofVirtual().start(() -> load.repeat(call)));
    }
    return load;
  }

  int answered() {
    return answered.get();
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  private void repeat(Executable call) {
    while (goesOn) {
      try {
        call.execute();
        answered.incrementAndGet();
      } catch (Throwable e) {
        failures.add(e + (e.getCause() == null ? "" : ": " + e.getCause()));
      }
    }
  }

  @Override
  public void close() throws InterruptedException {
    goesOn = false;
    for (var caller : callers) {
      caller.join();
    }
  }
}
