package dev.hermes.api.job;

import dev.hermes.sandbox.daemon.DaemonFiles;
import java.nio.charset.StandardCharsets;

/**
 * The end of a stream as text that a row can hold.
 *
 * @param cut whether its beginning is not there
 */
record Tail(String text, boolean cut) {
  private static final int MOST_OF_A_CHARACTER = 3;

  static Tail of(DaemonFiles.Content content) {
    byte[] bytes = content.bytes();
    int start = 0;
    // a cut may fall into a character: what is left of it goes
    while (!content.isWhole()
        && start < Math.min(MOST_OF_A_CHARACTER, bytes.length)
        && (bytes[start] & 0xC0) == 0x80) {
      start++;
    }
    String text = new String(bytes, start, bytes.length - start, StandardCharsets.UTF_8);
    return new Tail(text.replace('\0', '\uFFFD'), !content.isWhole());
  }
}
