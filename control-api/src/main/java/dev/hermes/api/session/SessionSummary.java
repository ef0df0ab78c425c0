package dev.hermes.api.session;

/**
 * What the oldest messages of a session said, for a model that has no room for them.
 *
 * @param through the place of the last message that it stands for, from 1
 */
public record SessionSummary(String text, int through) {
  /** In characters, as the column has it. */
  public static final int MOST = 65_536;

  public SessionSummary {
    if (text.isBlank() || text.length() > MOST || through < 1) {
      throw new IllegalArgumentException("a summary says something of at least one message");
    }
  }
}
