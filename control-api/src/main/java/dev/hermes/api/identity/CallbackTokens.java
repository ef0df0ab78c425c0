package dev.hermes.api.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.Jws;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Tokens with which code in a sandbox calls the platform back as the user it runs for, where its
 * policy has {@code network.callback} (decision 0023). Who runs code gives it one for each run.
 */
@Singleton
public final class CallbackTokens {
  /** By it the chain of credentials knows a token; no key begins so. */
  static final String MARK = "hermes_callback_";

  /** The longest life of a token, whatever the run may take. */
  static final Duration MOST = Duration.ofMinutes(5);

  private static final String AUDIENCE = "callback";

  /** The egress proxy's name for this API; no DNS has it. */
  private static final String URL = "http://platform.hermes.internal";

  private final Jws jws;
  private final ObjectMapper json;
  private final Clock clock;

  CallbackTokens(Jws jws, ObjectMapper json, Clock clock) {
    this.jws = jws;
    this.json = json;
    this.clock = clock;
  }

  /**
   * What a token says.
   *
   * @param keyId the key with which the run was asked for; the caller is what it is
   */
  record Claims(
      TenantId tenant, String user, String keyId, UUID lease, String podUid, Instant expiresAt) {}

  /**
   * Variables for one run; none where the policy has no call-backs.
   *
   * @param lasts the most that the run may take
   */
  public Map<String, String> environment(
      Principal caller, EffectivePolicy policy, UUID lease, String podUid, Duration lasts) {
    if (!policy.network().callback() || policy.egressProxy() == null) {
      return Map.of();
    }
    return Map.of("HERMES_URL", URL, "HERMES_TOKEN", issue(caller, lease, podUid, lasts));
  }

  private String issue(Principal caller, UUID lease, String podUid, Duration lasts) {
    long now = clock.instant().getEpochSecond();
    long life = Math.clamp(lasts.toSeconds() + 1, 1, MOST.toSeconds());
    return MARK
        + jws.sign(
            JsonNodeFactory.instance
                .objectNode()
                .put("aud", AUDIENCE)
                .put("tenant", caller.tenant().toString())
                .put("sub", caller.user())
                .put("key", caller.keyId())
                .put("lease", lease.toString())
                .put("pod", podUid)
                .put("iat", now)
                .put("exp", now + life)
                .toString());
  }

  /** What the token says; empty when it is none of ours, or its time is over. */
  Optional<Claims> verify(String token) {
    return token.startsWith(MARK)
        ? jws.verify(token.substring(MARK.length()))
            .flatMap(this::read)
            .filter(claims -> clock.instant().isBefore(claims.expiresAt()))
        : Optional.empty();
  }

  /** Tokens of other audiences are signed with the same key. */
  private Optional<Claims> read(String payload) {
    try {
      JsonNode claims = json.readTree(payload);
      if (!claims.path("aud").asText().equals(AUDIENCE) || !isShort(claims)) {
        return Optional.empty();
      }
      return Optional.of(
          new Claims(
              new TenantId(UUID.fromString(claims.path("tenant").asText())),
              claims.path("sub").asText(),
              claims.path("key").asText(),
              UUID.fromString(claims.path("lease").asText()),
              claims.path("pod").asText(),
              Instant.ofEpochSecond(claims.path("exp").asLong())));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean isShort(JsonNode claims) {
    long life = claims.path("exp").asLong() - claims.path("iat").asLong();
    return claims.path("iat").isIntegralNumber()
        && claims.path("exp").isIntegralNumber()
        && life >= 1
        && life <= MOST.toSeconds();
  }
}
