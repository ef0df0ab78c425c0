package dev.hermes.api.body;

/** A text of another's that has a bound here. */
public record Cut(String text, boolean isShorter) {

  /**
   * @param most characters
   */
  public static Cut of(String text, int most) {
    if (text.length() <= most) {
      return new Cut(text, false);
    }
    // not between the halves of a character
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return new Cut(text.substring(0, end), true);
  }

  /**
   * The same, with a mark that tells where it was cut.
   *
   * @param most characters, of at least one; the mark comes behind them
   */
  public static String marked(String text, int most) {
    Cut cut = of(text, most);
    return cut.isShorter() ? cut.text() + "…" : text;
  }
}
