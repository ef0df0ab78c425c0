package dev.hermes.api.identity;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Some versions of E2B's clients refuse a key that is not {@code e2b_} and hexadecimal digits
 * before they ask anybody. So a key may be spelt that way: the digits are those of its own text,
 * and it is the same key.
 */
final class KeySpelling {
  private static final String MARK = "e2b_";

  /** Twice as long as any key, which is refused for its length later. */
  private static final int MOST = 1024;

  private KeySpelling() {}

  /** The key as it was issued; any other text as it is. */
  static String plain(String credential) {
    if (!credential.startsWith(MARK) || credential.length() > MOST) {
      return credential;
    }
    try {
      byte[] text = HexFormat.of().parseHex(credential, MARK.length(), credential.length());
      return new String(text, StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      return credential;
    }
  }
}
