package dev.hermes.api.health;

import dev.hermes.api.database.StartGate;
import dev.hermes.api.identity.EpochWatch;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.runtime.server.event.ServerShutdownEvent;
import jakarta.inject.Singleton;

/**
 * Whether requests should be sent here. Asks nobody: the epoch poll has asked within the second.
 */
@Singleton
final class Health implements ApplicationEventListener<ServerShutdownEvent> {
  private final StartGate gate;
  private final EpochWatch watch;
  private volatile boolean draining;

  Health(StartGate gate, EpochWatch watch) {
    this.gate = gate;
    this.watch = watch;
  }

  @Override
  public void onApplicationEvent(ServerShutdownEvent event) {
    draining = true;
  }

  boolean isReady() {
    return gate.isOpen() && gate.isAnswering() && watch.isFresh() && !draining;
  }

  /** Why not ready, in one word a probe's log can show. */
  String state() {
    if (draining) {
      return "draining";
    }
    if (!gate.isOpen()) {
      return "starting";
    }
    return isReady() ? "ready" : "database_unavailable";
  }
}
