package dev.hermes.api.chat;

import jakarta.inject.Singleton;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Keeps quiet streams alive while tools run. */
@Singleton
final class Heartbeats {
  private final Set<SseStream> streams = ConcurrentHashMap.newKeySet();

  Heartbeats(ScheduledExecutorService timer) {
    timer.scheduleWithFixedDelay(
        () -> streams.forEach(SseStream::heartbeat), 1, 1, TimeUnit.SECONDS);
  }

  void add(SseStream stream) {
    streams.add(stream);
  }

  void remove(SseStream stream) {
    streams.remove(stream);
  }
}
