package dev.hermes.api.toolserver;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The end of what a program has written to its standard error. */
final class LastWords {
  private static final int MOST = 2048;

  private byte[] kept = new byte[0];
  private boolean more;

  synchronized void add(byte[] piece) {
    byte[] all = Arrays.copyOf(kept, kept.length + piece.length);
    System.arraycopy(piece, 0, all, kept.length, piece.length);
    more |= all.length > MOST;
    kept = all.length > MOST ? Arrays.copyOfRange(all, all.length - MOST, all.length) : all;
  }

  /** For a model: under a heading, and empty when nothing was written. */
  synchronized String text() {
    String text = new String(kept, StandardCharsets.UTF_8).strip();
    return text.isEmpty() ? "" : "[stderr]\n" + (more ? "…" : "") + text;
  }
}
