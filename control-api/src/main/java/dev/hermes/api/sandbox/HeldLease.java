package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A sandbox that an app holds by name, as its row says.
 *
 * @param endsAt when it ends unless it is extended
 * @param expiresAt when it ends in any case
 * @param pod absent while it is being made
 */
public record HeldLease(
    UUID id,
    String user,
    String policy,
    String namespace,
    Map<String, String> metadata,
    Instant startedAt,
    Instant endsAt,
    Instant expiresAt,
    Optional<SandboxPodRef> pod) {

  public HeldLease {
    metadata = Map.copyOf(metadata);
  }
}
