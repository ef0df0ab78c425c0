package dev.hermes.operator.provision;

import dev.hermes.database.key.Digest;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** A key to be stored, by digest. */
public record NewKey(
    UUID tenantId,
    String keyId,
    Digest digest,
    String prefix,
    List<String> roles,
    List<String> scopes,
    String principal,
    Instant expiresAt,
    String objectUid) {}
