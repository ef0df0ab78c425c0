package dev.hermes.database.key;

import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * What the database keeps of a key.
 *
 * @param version the pepper it was made with
 * @param value HMAC-SHA-256(pepper, SHA-256(key)), 32 bytes
 */
public record Digest(int version, byte[] value) {

  @Override
  public byte[] value() {
    return value.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Digest digest
        && version == digest.version
        && MessageDigest.isEqual(value, digest.value);
  }

  @Override
  public int hashCode() {
    return HexFormat.of().formatHex(value).hashCode();
  }

  @Override
  public String toString() {
    return "Digest[version=" + version + "]";
  }
}
