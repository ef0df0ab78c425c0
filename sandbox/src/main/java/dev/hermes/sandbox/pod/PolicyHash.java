package dev.hermes.sandbox.pod;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * 128 bits of SHA-256 over what shapes a pod: a change of this code changes it as a policy does.
 */
final class PolicyHash {
  private PolicyHash() {}

  static String of(Object shape) {
    byte[] json = Serialization.asJson(shape).getBytes(StandardCharsets.UTF_8);
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(json);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
