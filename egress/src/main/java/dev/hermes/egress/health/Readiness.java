package dev.hermes.egress.health;

import java.util.function.BooleanSupplier;

/** What the readiness probe asks; filled in while the process starts. */
public final class Readiness {
  private volatile BooleanSupplier ready = () -> false;

  public void readyWhen(BooleanSupplier condition) {
    ready = condition;
  }

  boolean isReady() {
    return ready.getAsBoolean();
  }
}
