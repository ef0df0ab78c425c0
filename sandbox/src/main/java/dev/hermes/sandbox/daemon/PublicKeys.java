package dev.hermes.sandbox.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/** Public keys in the form the daemon takes them: base64 of 32 raw bytes, comma separated. */
public final class PublicKeys {
  private static final int RAW = 32;

  private PublicKeys() {}

  /** Reads one or more {@code PUBLIC KEY} blocks; the operator does, for the pods it makes. */
  public static String read(Path pem) throws IOException {
    return parse(Files.readString(pem));
  }

  static String parse(String pem) {
    List<byte[]> blocks = Pem.blocks(pem, "PUBLIC KEY");
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException("no PUBLIC KEY block in the PEM file");
    }
    return blocks.stream()
        .map(PublicKeys::decode)
        .map(PublicKeys::of)
        .collect(Collectors.joining(","));
  }

  /** The last 32 bytes of a SubjectPublicKeyInfo are the key (RFC 8410). */
  public static String of(PublicKey key) {
    byte[] encoded = key.getEncoded();
    return Base64.getEncoder()
        .encodeToString(Arrays.copyOfRange(encoded, encoded.length - RAW, encoded.length));
  }

  /** The key that belongs to a private one; the API, which holds only that, makes cold pods so. */
  public static String of(PrivateKey key) {
    if (!(key instanceof EdECPrivateKey ed25519)) {
      throw new IllegalArgumentException("not an Ed25519 key");
    }
    byte[] seed =
        ed25519.getBytes().orElseThrow(() -> new IllegalArgumentException("no key bytes"));
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      generator.initialize(NamedParameterSpec.ED25519, new SeedOnce(seed));
      return of(generator.generateKeyPair().getPublic());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static PublicKey decode(byte[] spki) {
    try {
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("a PUBLIC KEY block is not an Ed25519 key", e);
    }
  }

  /** The JDK derives a public key only while it generates a pair; its private part is the seed. */
  private static final class SeedOnce extends SecureRandom {
    private static final long serialVersionUID = 1L;
    private final byte[] seed;

    SeedOnce(byte[] seed) {
      this.seed = seed;
    }

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(seed, 0, bytes, 0, bytes.length);
    }
  }
}
