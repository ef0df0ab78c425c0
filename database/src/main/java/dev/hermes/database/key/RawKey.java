package dev.hermes.database.key;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * An API key in the clear, for as long as it takes to hand it over or to judge it. It does not
 * print.
 *
 * @param innerHash SHA-256 of the text: all that need be kept once the key was read
 */
public record RawKey(String text, String keyId, byte[] innerHash) {

  static RawKey of(String text) {
    int id = ApiKeyFormat.MARK.length();
    return new RawKey(text, text.substring(id, id + ApiKeyFormat.KEY_ID_LENGTH), sha256(text));
  }

  /** What may be shown of the key: the mark and the id. */
  public String prefix() {
    return ApiKeyFormat.MARK + keyId;
  }

  @Override
  public byte[] innerHash() {
    return innerHash.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawKey key && MessageDigest.isEqual(innerHash, key.innerHash);
  }

  @Override
  public int hashCode() {
    return keyId.hashCode();
  }

  @Override
  public String toString() {
    return "RawKey[" + prefix() + "…]";
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
