package dev.hermes.database.key;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What PostgreSQL checks a password against (RFC 5803, SCRAM-SHA-256), so that the password itself
 * never travels in a statement. The same password and purpose give the same verifier, so that a
 * caller can tell whether the server has this very one; that is sound only for random passwords of
 * full strength, for which a salt adds nothing.
 */
public final class ScramVerifier {
  private static final int ITERATIONS = 4096;
  private static final int SALT_BYTES = 16;

  private ScramVerifier() {}

  /**
   * @param password printable ASCII, at least 32 random characters
   * @param purpose keeps equal passwords of different logins apart
   */
  public static String of(String password, String purpose) {
    if (password.length() < 32 || !password.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("not a generated password");
    }
    try {
      byte[] salt =
          Arrays.copyOf(
              MessageDigest.getInstance("SHA-256")
                  .digest(bytes("salt\0" + purpose + "\0" + password)),
              SALT_BYTES);
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
              .generateSecret(new PBEKeySpec(password.toCharArray(), salt, ITERATIONS, 256))
              .getEncoded();
      byte[] storedKey =
          MessageDigest.getInstance("SHA-256").digest(hmac(salted, bytes("Client Key")));
      byte[] serverKey = hmac(salted, bytes("Server Key"));
      Base64.Encoder base64 = Base64.getEncoder();
      return "SCRAM-SHA-256$%d:%s$%s:%s"
          .formatted(
              ITERATIONS,
              base64.encodeToString(salt),
              base64.encodeToString(storedKey),
              base64.encodeToString(serverKey));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256 and PBKDF2", e);
    }
  }

  private static byte[] hmac(byte[] key, byte[] message) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(message);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
