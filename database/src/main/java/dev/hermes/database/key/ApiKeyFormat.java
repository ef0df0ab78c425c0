package dev.hermes.database.key;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The form of an API key: {@code hx_live_}, 12 characters of id, 43 of secret (256 random bits), 6
 * of CRC-32 over all before, in base62. The operator mints; the API parses and so refuses a
 * mistyped key without asking anybody.
 */
public final class ApiKeyFormat {
  /** What every key begins with; secret scanners look for it. */
  public static final String MARK = "hx_live_";

  public static final int KEY_ID_LENGTH = 12;
  public static final int LENGTH = 69;

  private static final int SECRET_BYTES = 32;
  private static final int SECRET_LENGTH = 43;
  private static final int CHECKSUM_LENGTH = 6;

  private ApiKeyFormat() {}

  /** Makes a new key. A source of randomness that fails, or repeats one byte, yields no key. */
  public static RawKey mint(SecureRandom random) {
    StringBuilder text = new StringBuilder(LENGTH).append(MARK);
    for (int i = 0; i < KEY_ID_LENGTH; i++) {
      text.append(Base62.DIGITS.charAt(random.nextInt(Base62.DIGITS.length())));
    }
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    requireRandom(secret);
    text.append(Base62.encode(new BigInteger(1, secret), SECRET_LENGTH));
    text.append(checksum(text.toString()));
    return RawKey.of(text.toString());
  }

  /** The key in a text, or nothing when the text is not one. Does no I/O. */
  public static Optional<RawKey> parse(String text) {
    if (text.length() != LENGTH
        || !text.startsWith(MARK)
        || !Base62.isDigits(text, MARK.length())) {
      return Optional.empty();
    }
    int end = LENGTH - CHECKSUM_LENGTH;
    return checksum(text.substring(0, end)).equals(text.substring(end))
        ? Optional.of(RawKey.of(text))
        : Optional.empty();
  }

  private static String checksum(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    return Base62.encode(crc.getValue(), CHECKSUM_LENGTH);
  }

  private static void requireRandom(byte[] secret) {
    for (byte b : secret) {
      if (b != secret[0]) {
        return;
      }
    }
    throw new IllegalStateException("the random source yields one byte only; no key was made");
  }
}
