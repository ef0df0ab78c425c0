package dev.hermes.e2e;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** A key that an app makes for itself, as docs/api-keys.md tells it to. */
record OwnKey(String text) {
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  static OwnKey make() {
    var random = new SecureRandom();
    var id = base62(new BigInteger(70, random), 12);
    var front = "hx_live_" + id + base62(new BigInteger(256, random), 43);
    var crc = new CRC32();
    crc.update(front.getBytes(StandardCharsets.US_ASCII));
    return new OwnKey(front + base62(BigInteger.valueOf(crc.getValue()), 6));
  }

  String keyId() {
    return text.substring(8, 20);
  }

  String sha256() {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(text.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base62(BigInteger number, int width) {
    var digits = new StringBuilder();
    var rest = number;
    for (var i = 0; i < width; i++) {
      var parts = rest.divideAndRemainder(BigInteger.valueOf(62));
      digits.insert(0, DIGITS.charAt(parts[1].intValue()));
      rest = parts[0];
    }
    return digits.toString();
  }
}
