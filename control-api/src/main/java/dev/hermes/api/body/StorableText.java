package dev.hermes.api.body;

/**
 * JSON as PostgreSQL can keep it: {@code jsonb} has no NUL and no lone surrogate, programs print
 * both. Each becomes U+FFFD.
 */
public final class StorableText {
  private static final char REPLACEMENT = '\uFFFD';

  private StorableText() {}

  public static String of(String json) {
    StringBuilder safe = new StringBuilder(json.length());
    int length = json.length();
    for (int i = 0; i < length; i++) {
      char c = json.charAt(i);
      if (c == '\\' && i + 1 < length) {
        int end = escapeEnd(json, i);
        safe.append(isNul(json, i, end) ? String.valueOf(REPLACEMENT) : json.substring(i, end));
        i = end - 1;
      } else if (Character.isHighSurrogate(c)
          && i + 1 < length
          && Character.isLowSurrogate(json.charAt(i + 1))) {
        safe.append(c).append(json.charAt(++i));
      } else {
        safe.append(Character.isSurrogate(c) || c == 0 ? REPLACEMENT : c);
      }
    }
    return safe.toString();
  }

  private static int escapeEnd(String json, int start) {
    return Math.min(json.length(), start + (json.charAt(start + 1) == 'u' ? 6 : 2));
  }

  private static boolean isNul(String json, int start, int end) {
    return json.substring(start, end).equals("\\u0000");
  }
}
