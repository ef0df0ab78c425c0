package dev.hermes.api.notice;

import java.util.Set;

/**
 * Hears one channel. Whoever may connect to the database may speak on it, and words are lost while
 * nobody is connected: nothing may be believed or relied on that is only heard.
 */
public interface Hearing {
  /** The channel's name, an SQL identifier. */
  String channel();

  /** Words that came at once, each one once. */
  void heard(Set<String> words);

  /** Words may have been lost until now. */
  default void missed() {}
}
