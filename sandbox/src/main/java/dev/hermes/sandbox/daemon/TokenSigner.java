package dev.hermes.sandbox.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * Signs the tokens that daemons and the egress proxy ask for: JWS compact (RFC 7515), EdDSA, for
 * one pod. Only the API holds the key.
 */
public final class TokenSigner {
  static final Duration LIFETIME = Duration.ofSeconds(60);

  /** The longest life of a sandbox that a policy can give; the proxy takes no longer one. */
  public static final Duration EGRESS_MOST = Duration.ofDays(1);

  private final Jws jws;
  private final Clock clock;

  public TokenSigner(PrivateKey key) {
    this(key, Clock.systemUTC());
  }

  TokenSigner(PrivateKey key, Clock clock) {
    this.jws = new Jws(key);
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
    return jws.sign(
        "{\"aud\":\"%s\",\"iat\":%d,\"exp\":%d}"
            .formatted(podUid, now, now + LIFETIME.toSeconds()));
  }

  /**
   * The password with which this pod's code speaks to the egress proxy, under the user name {@code
   * sandbox}. It opens nothing from any other address. Treat it as a secret.
   *
   * @param lifetime from a second to {@link #EGRESS_MOST}; no longer than the sandbox may live
   */
  public String signEgress(String podUid, Duration lifetime) {
    if (lifetime.toSeconds() < 1 || lifetime.compareTo(EGRESS_MOST) > 0) {
      throw new IllegalArgumentException("lifetime " + lifetime + " is not in 1s.." + EGRESS_MOST);
    }
    long now = clock.instant().getEpochSecond();
    return jws.sign(
        "{\"aud\":\"egress\",\"sub\":\"%s\",\"iat\":%d,\"exp\":%d}"
            .formatted(podUid, now, now + lifetime.toSeconds()));
  }
}
