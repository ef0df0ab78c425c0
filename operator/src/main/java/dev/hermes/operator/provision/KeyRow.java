package dev.hermes.operator.provision;

import java.time.Instant;
import java.util.Optional;

/**
 * What the database holds of a key; nothing that would let anybody use it.
 *
 * @param supersededAt when a rotation replaced it; a replaced key works until it expires
 * @param rotationRequest the latest request for a rotation that was met when this key was made
 * @param noticedFor the date that people were told of
 */
public record KeyRow(
    String keyId,
    byte[] digest,
    int pepperVersion,
    String prefix,
    Instant createdAt,
    Optional<Instant> expiresAt,
    Optional<Instant> revokedAt,
    Optional<Instant> blockedAt,
    Optional<Instant> supersededAt,
    Optional<Instant> rotationRequest,
    Optional<Instant> noticedFor,
    Optional<Instant> lastUsedAt) {

  /** The current key or one that was replaced. */
  public boolean isCurrent() {
    return supersededAt.isEmpty();
  }

  /** Past its end; one without an end never is. */
  public boolean isExpired(Instant now) {
    return expiresAt.filter(end -> !end.isAfter(now)).isPresent();
  }
}
