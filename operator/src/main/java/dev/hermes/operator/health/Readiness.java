package dev.hermes.operator.health;

import java.util.function.BooleanSupplier;

/** What the probes ask; the parts are filled in while the process starts. */
public final class Readiness {
  private volatile BooleanSupplier ready = () -> false;
  private volatile BooleanSupplier alive = () -> true;

  public void readyWhen(BooleanSupplier condition) {
    ready = condition;
  }

  public void aliveWhile(BooleanSupplier condition) {
    alive = condition;
  }

  boolean isReady() {
    return ready.getAsBoolean();
  }

  boolean isAlive() {
    return alive.getAsBoolean();
  }
}
