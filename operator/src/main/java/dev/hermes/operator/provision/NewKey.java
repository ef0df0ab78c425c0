package dev.hermes.operator.provision;

import dev.hermes.database.key.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A key to be stored, by digest.
 *
 * @param life from its making to its expiry
 * @param overlap how long the key that it replaces goes on working
 * @param rotationRequest the latest request for a rotation that it meets
 */
public record NewKey(
    UUID tenantId,
    String keyId,
    Digest digest,
    String prefix,
    List<String> roles,
    List<String> scopes,
    String principal,
    Duration life,
    Duration overlap,
    Optional<Instant> rotationRequest,
    String objectUid) {}
