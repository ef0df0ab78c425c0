package dev.hermes.operator.provision;

import java.time.Instant;
import java.util.Optional;

/** What the database holds of a key; nothing that would let anybody use it. */
public record KeyRow(
    String keyId,
    byte[] digest,
    String prefix,
    Optional<Instant> expiresAt,
    Optional<Instant> revokedAt,
    Optional<Instant> lastUsedAt) {}
