package dev.hermes.api.held;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.Jws;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Tokens with which an app reaches one sandbox over the data plane: for one lease, until its last
 * possible moment. A key of the tenant is never needed there, and never accepted.
 */
@Singleton
public final class AccessTokens {
  private static final String AUDIENCE = "sandbox";

  private final Jws jws;
  private final ObjectMapper json;
  private final Clock clock;

  /** A signature costs a tenth of a millisecond, and a client sends the same token each time. */
  private final Cache<String, Access> verified =
      Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofMinutes(5)).build();

  AccessTokens(Jws jws, ObjectMapper json, Clock clock) {
    this.jws = jws;
    this.json = json;
    this.clock = clock;
  }

  /** What a token opens. */
  public record Access(TenantId tenant, UUID lease, Instant expiresAt) {}

  /** A token for the lease. Treat it as a secret. */
  public String issue(TenantId tenant, HeldLease lease) {
    return jws.sign(
        JsonNodeFactory.instance
            .objectNode()
            .put("aud", AUDIENCE)
            .put("tenant", tenant.toString())
            .put("sub", lease.id().toString())
            .put("exp", lease.expiresAt().getEpochSecond())
            .toString());
  }

  /** What the token opens; empty when it is none of ours, or its time is over. */
  public Optional<Access> verify(String token) {
    Access known = verified.getIfPresent(token);
    if (known == null) {
      known = jws.verify(token).flatMap(this::read).orElse(null);
      if (known == null) {
        return Optional.empty();
      }
      verified.put(token, known);
    }
    return clock.instant().isBefore(known.expiresAt()) ? Optional.of(known) : Optional.empty();
  }

  /** Tokens of other audiences are signed with the same key. */
  private Optional<Access> read(String payload) {
    try {
      JsonNode claims = json.readTree(payload);
      if (!claims.path("aud").asText().equals(AUDIENCE)) {
        return Optional.empty();
      }
      return Optional.of(
          new Access(
              new TenantId(UUID.fromString(claims.path("tenant").asText())),
              UUID.fromString(claims.path("sub").asText()),
              Instant.ofEpochSecond(claims.path("exp").asLong())));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
