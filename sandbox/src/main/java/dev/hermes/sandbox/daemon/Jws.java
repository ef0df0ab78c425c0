package dev.hermes.sandbox.daemon;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Compact JWS (RFC 7515) with Ed25519 (RFC 8037) and no other algorithm: what is signed here is
 * read here. What the payload claims is for the caller to judge.
 */
public final class Jws {
  private static final int MOST = 4096;
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
  private static final String HEADER = encode("{\"alg\":\"EdDSA\"}");

  /** What stands before the 32 bytes of a key in a SubjectPublicKeyInfo (RFC 8410). */
  private static final byte[] PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private final PrivateKey key;
  private final PublicKey publicKey;

  public Jws(PrivateKey key) {
    this.key = key;
    this.publicKey = publicKey(PublicKeys.of(key));
  }

  /** Signs a JSON text. Treat the result as a secret. */
  public String sign(String payload) {
    String signed = HEADER + "." + encode(payload);
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + ENCODER.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The payload of a token that this key signed; empty for any other text. */
  public Optional<String> verify(String token) {
    int end = token.lastIndexOf('.');
    if (token.length() > MOST || end < 0 || !token.startsWith(HEADER + ".")) {
      return Optional.empty();
    }
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initVerify(publicKey);
      signature.update(token.substring(0, end).getBytes(StandardCharsets.US_ASCII));
      if (!signature.verify(DECODER.decode(token.substring(end + 1)))) {
        return Optional.empty();
      }
      byte[] payload = DECODER.decode(token.substring(HEADER.length() + 1, end));
      return Optional.of(new String(payload, StandardCharsets.UTF_8));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static PublicKey publicKey(String raw) {
    byte[] point = Base64.getDecoder().decode(raw);
    byte[] encoded = new byte[PREFIX.length + point.length];
    System.arraycopy(PREFIX, 0, encoded, 0, PREFIX.length);
    System.arraycopy(point, 0, encoded, PREFIX.length, point.length);
    try {
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(String json) {
    return ENCODER.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
