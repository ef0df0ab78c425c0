package dev.hermes.api.model.route;

import java.time.Duration;

/** Waits; a test lets time pass without waiting. */
@FunctionalInterface
public interface Pause {
  void of(Duration length) throws InterruptedException;
}
