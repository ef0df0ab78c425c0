package dev.hermes.api.toolserver;

import java.time.Duration;
import java.util.concurrent.Callable;

/** What is said to a server that does not matter enough to wait for, or to fail. */
final class Parting {
  private static final Duration MOST = Duration.ofSeconds(5);

  private Parting() {}

  static void quietly(Callable<?> work) {
    Thread.ofVirtual()
        .name("tool-server-parting")
        .start(() -> {
          try {
            Deadline.within(MOST, work);
          } catch (ToolServerFailed e) {
            // it will find out by itself
            return;
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
