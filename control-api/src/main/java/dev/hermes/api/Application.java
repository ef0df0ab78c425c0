package dev.hermes.api;

import dev.hermes.api.health.LameDuck;
import io.micronaut.runtime.Micronaut;

/** Starts the control API; the image's main class. */
public final class Application {
  private Application() {}

  public static void main(String[] arguments) {
    ProcessLog.takeOver();
    Micronaut.build(arguments)
        .mainClass(Application.class)
        .banner(false)
        .start()
        .getBean(LameDuck.class)
        .awaitTerm();
  }
}
