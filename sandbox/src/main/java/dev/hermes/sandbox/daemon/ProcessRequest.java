package dev.hermes.sandbox.daemon;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A program to start in a sandbox. Without {@code cwd} it starts in its home. */
public record ProcessRequest(
    String cmd,
    List<String> args,
    Map<String, String> envs,
    Optional<String> cwd,
    Duration timeout) {
  public ProcessRequest {
    args = List.copyOf(args);
    envs = Map.copyOf(envs);
  }
}
