package dev.hermes.api.toolserver;

/** A text of another's that has a bound here. */
record Cut(String text, boolean isShorter) {

  /**
   * @param most characters
   */
  static Cut of(String text, int most) {
    if (text.length() <= most) {
      return new Cut(text, false);
    }
    // not between the halves of a character
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return new Cut(text.substring(0, end), true);
  }
}
