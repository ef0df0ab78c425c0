package dev.hermes.egress.testing;

import dev.hermes.sandbox.daemon.TokenSigner;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/** Credentials of sandboxes: those that the API signs, and others. */
public final class Tokens {
  private final KeyPair pair;

  public Tokens() {
    try {
      pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public KeyPair pair() {
    return pair;
  }

  /** As the API signs it. */
  public String of(String podUid) {
    return new TokenSigner(pair.getPrivate()).signEgress(podUid, Duration.ofMinutes(10));
  }

  /** Any claims, any header, rightly signed. */
  public String signed(String header, String claims) {
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String text =
        base64.encodeToString(header.getBytes(StandardCharsets.UTF_8))
            + "."
            + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(pair.getPrivate());
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return text + "." + base64.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public String claims(String claims) {
    return signed("{\"alg\":\"EdDSA\"}", claims);
  }

  public String expired(String podUid) {
    long now = Instant.now().getEpochSecond();
    return claims(
        "{\"aud\":\"egress\",\"sub\":\"%s\",\"iat\":%d,\"exp\":%d}"
            .formatted(podUid, now - 60, now - 1));
  }

  /** The header's value. */
  public static String basic(String token) {
    return "Basic "
        + Base64.getEncoder().encodeToString(("sandbox:" + token).getBytes(StandardCharsets.UTF_8));
  }
}
