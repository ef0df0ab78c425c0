package dev.hermes.sandbox.daemon;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/**
 * Signs the tokens a daemon asks for: JWS compact (RFC 7515), EdDSA, for one pod, for a minute.
 * Only the API holds the key.
 */
public final class TokenSigner {
  static final Duration LIFETIME = Duration.ofSeconds(60);

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final String HEADER = encode("{\"alg\":\"EdDSA\"}");

  private final PrivateKey key;
  private final Clock clock;

  public TokenSigner(PrivateKey key) {
    this(key, Clock.systemUTC());
  }

  TokenSigner(PrivateKey key, Clock clock) {
    this.key = key;
    this.clock = clock;
  }

  /** Reads a PKCS#8 PEM file. */
  public static TokenSigner read(Path pem) throws IOException {
    return new TokenSigner(privateKey(pem));
  }

  /** The key of a PKCS#8 PEM file, for {@link PublicKeys#of(PrivateKey)}. */
  public static PrivateKey privateKey(Path pem) throws IOException {
    List<byte[]> blocks = Pem.blocks(Files.readString(pem), "PRIVATE KEY");
    if (blocks.size() != 1) {
      throw new IllegalArgumentException("want one PRIVATE KEY block in the PEM file");
    }
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePrivate(new PKCS8EncodedKeySpec(blocks.getFirst()));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the PRIVATE KEY block is not an Ed25519 key", e);
    }
  }

  /** A token for the daemon of this pod. Treat it as a secret. */
  public String sign(String podUid) {
    long now = clock.instant().getEpochSecond();
    String payload =
        "{\"aud\":\"%s\",\"iat\":%d,\"exp\":%d}".formatted(podUid, now, now + LIFETIME.toSeconds());
    String signed = HEADER + "." + encode(payload);
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + BASE64.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(String json) {
    return BASE64.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
