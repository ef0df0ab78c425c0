package dev.hermes.api.health;

import dev.hermes.api.database.StartGate;
import dev.hermes.api.identity.EpochWatch;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
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
  private final LameDuck lameDuck;
  private volatile boolean draining;

  Health(StartGate gate, EpochWatch watch, LameDuck lameDuck, MeterRegistry meters) {
    this.gate = gate;
    this.watch = watch;
    this.lameDuck = lameDuck;
    Gauge.builder("hermes_ready", this, it -> it.isReady() ? 1 : 0).register(meters);
  }

  @Override
  public void onApplicationEvent(ServerShutdownEvent event) {
    draining = true;
  }

  boolean isReady() {
    return gate.isOpen()
        && gate.isSound()
        && gate.isAnswering()
        && watch.isFresh()
        && !isDraining();
  }

  private boolean isDraining() {
    return draining || lameDuck.isLeaving();
  }

  /** Why not ready, in one word a probe's log can show. */
  String state() {
    if (isDraining()) {
      return "draining";
    }
    if (!gate.isOpen()) {
      return "starting";
    }
    if (!gate.isSound()) {
      return "isolation_broken";
    }
    return isReady() ? "ready" : "database_unavailable";
  }
}
