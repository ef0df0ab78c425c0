package dev.hermes.operator.bootstrap;

import dev.hermes.sandbox.daemon.PublicKeys;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/** The pair that signs what the API tells a sandbox; Ed25519 (RFC 8410 for the encodings). */
final class SigningKeys {
  private static final byte[] PUBLIC_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private SigningKeys() {}

  static String newPrivatePem(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      generator.initialize(java.security.spec.NamedParameterSpec.ED25519, random);
      return pem("PRIVATE KEY", generator.generateKeyPair().getPrivate().getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }

  /** The public half, so that the two can never belong to different pairs. */
  static String publicPem(String privatePem) {
    byte[] raw = Base64.getDecoder().decode(PublicKeys.of(privateKey(privatePem)));
    byte[] encoded = new byte[PUBLIC_PREFIX.length + raw.length];
    System.arraycopy(PUBLIC_PREFIX, 0, encoded, 0, PUBLIC_PREFIX.length);
    System.arraycopy(raw, 0, encoded, PUBLIC_PREFIX.length, raw.length);
    return pem("PUBLIC KEY", encoded);
  }

  private static PrivateKey privateKey(String pem) {
    String base64 = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("hermes-signing holds no Ed25519 key in PKCS#8", e);
    }
  }

  private static String pem(String label, byte[] encoded) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
            .encodeToString(encoded)
        + "\n-----END "
        + label
        + "-----\n";
  }
}
