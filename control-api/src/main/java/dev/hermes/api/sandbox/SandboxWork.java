package dev.hermes.api.sandbox;

import dev.hermes.crds.Tool;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/** What is to be done in a sandbox. */
public sealed interface SandboxWork {
  /** Variables of one run, beside those of its sandbox. */
  @FunctionalInterface
  interface Environment {
    Map<String, String> of(UUID lease, String podUid);
  }

  /** What the work needs of variables, now that it is known where it is done. */
  default Map<String, String> environment(UUID lease, String podUid) {
    return Map.of();
  }

  /** Runs source text, for so long at most. */
  record Code(Tool language, String text, Duration timeout, Environment variables)
      implements SandboxWork {
    @Override
    public Map<String, String> environment(UUID lease, String podUid) {
      return variables.of(lease, podUid);
    }
  }

  /**
   * Does something with a file.
   *
   * @param outputBytes most bytes of it that are answered
   * @param timeout the longest that it may take
   */
  record Files(FileAction action, int outputBytes, Duration timeout) implements SandboxWork {}
}
