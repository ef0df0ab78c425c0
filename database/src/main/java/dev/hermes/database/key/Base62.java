package dev.hermes.database.key;

import java.math.BigInteger;

/** Fixed-width numbers in the digits 0-9A-Za-z, most significant first. */
final class Base62 {
  static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final BigInteger RADIX = BigInteger.valueOf(DIGITS.length());

  private Base62() {}

  /** Throws when the number needs more than {@code width} digits. */
  static String encode(BigInteger number, int width) {
    char[] digits = new char[width];
    BigInteger rest = number;
    for (int i = width - 1; i >= 0; i--) {
      BigInteger[] parts = rest.divideAndRemainder(RADIX);
      digits[i] = DIGITS.charAt(parts[1].intValue());
      rest = parts[0];
    }
    if (rest.signum() != 0) {
      throw new IllegalArgumentException("number does not fit " + width + " base62 digits");
    }
    return new String(digits);
  }

  static String encode(long number, int width) {
    return encode(BigInteger.valueOf(number), width);
  }

  static boolean isDigits(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
      if (!digit) {
        return false;
      }
    }
    return true;
  }
}
