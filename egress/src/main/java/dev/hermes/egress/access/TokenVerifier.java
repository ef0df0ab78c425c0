package dev.hermes.egress.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Reads {@code Proxy-Authorization: Basic base64(sandbox:token)}, where the token is a compact JWS
 * (RFC 7515) with EdDSA: {@code aud} "egress", {@code sub} the pod's UID, {@code iat}, {@code exp}.
 */
public final class TokenVerifier {
  private static final String AUDIENCE = "egress";
  private static final int LONGEST = 2_048;
  private static final long LONGEST_LIFE_SECONDS = 86_400;
  private static final long SKEW_SECONDS = 30;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Supplier<List<PublicKey>> keys;
  private final Clock clock;

  public TokenVerifier(Supplier<List<PublicKey>> keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  Token verify(Optional<String> proxyAuthorization) {
    if (proxyAuthorization.isEmpty()) {
      return new Token.Missing();
    }
    String header = proxyAuthorization.get();
    if (header.length() > LONGEST || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return new Token.Invalid();
    }
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(header.substring(6).strip()), StandardCharsets.ISO_8859_1);
      return pair.startsWith("sandbox:")
          ? jws(pair.substring("sandbox:".length()))
          : new Token.Invalid();
    } catch (IllegalArgumentException | JsonProcessingException | GeneralSecurityException e) {
      // not base64, not JSON, or a signature of a wrong length
      return new Token.Invalid();
    }
  }

  private Token jws(String token) throws JsonProcessingException, GeneralSecurityException {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return new Token.Invalid();
    }
    JsonNode header = json(parts[0]);
    if (!header.path("alg").asText().equals("EdDSA") || header.has("crit")) {
      return new Token.Invalid();
    }
    byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII);
    byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
    for (PublicKey key : keys.get()) {
      Signature check = Signature.getInstance("Ed25519");
      check.initVerify(key);
      check.update(signed);
      if (signature.length == 64 && check.verify(signature)) {
        return claims(json(parts[1]));
      }
    }
    return new Token.Invalid();
  }

  private Token claims(JsonNode claims) {
    long now = clock.instant().getEpochSecond();
    long issued = claims.path("iat").asLong(Long.MAX_VALUE);
    long expires = claims.path("exp").asLong(0);
    String subject = claims.path("sub").asText();
    boolean ours =
        claims.path("aud").isTextual()
            && claims.path("aud").asText().equals(AUDIENCE)
            && claims.path("iat").isIntegralNumber()
            && claims.path("exp").isIntegralNumber()
            && !subject.isEmpty()
            && issued <= now + SKEW_SECONDS
            && expires - issued <= LONGEST_LIFE_SECONDS;
    if (!ours) {
      return new Token.Invalid();
    }
    return expires > now ? new Token.Valid(subject) : new Token.Expired();
  }

  private static JsonNode json(String base64) throws JsonProcessingException {
    return JSON.readTree(new String(Base64.getUrlDecoder().decode(base64), StandardCharsets.UTF_8));
  }
}
