package dev.hermes.operator.kube;

import java.util.Arrays;
import java.util.Optional;

/**
 * Kills the process right after a named step, without any hook of the JVM running; tests use it to
 * prove that the next process finishes the work. Off unless test hooks are switched on.
 */
public final class Halt {
  private static final int SIGKILL = 137;

  private final Optional<Step> at;

  private Halt(Optional<Step> at) {
    this.at = at;
  }

  public static Halt at(Optional<String> name) {
    return new Halt(name.map(Halt::step));
  }

  public void after(Step step) {
    if (at.filter(step::equals).isPresent()) {
      Runtime.getRuntime().halt(SIGKILL);
    }
  }

  private static Step step(String name) {
    return Arrays.stream(Step.values())
        .filter(step -> step.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "HERMES_TEST_HALT_AT must be one of " + Arrays.toString(Step.values())));
  }
}
