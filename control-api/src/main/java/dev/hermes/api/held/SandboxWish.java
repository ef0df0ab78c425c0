package dev.hermes.api.held;

import dev.hermes.crds.egress.SandboxEgress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What an app wants of a new sandbox.
 *
 * @param policy name of a SandboxPolicy of the tenant; empty: its first
 * @param metadata texts of the app's own, by which it finds the sandbox again
 * @param lasts until it ends by itself, if it is not extended; empty: the policy's idle time
 * @param environment variables of everything that runs in it
 * @param egress what it is to reach of what its policy allows; empty: all of that
 */
public record SandboxWish(
    Optional<String> policy,
    Map<String, String> metadata,
    Optional<Duration> lasts,
    Map<String, String> environment,
    Optional<SandboxEgress> egress) {

  public SandboxWish {
    metadata = Map.copyOf(metadata);
    environment = Map.copyOf(environment);
  }
}
