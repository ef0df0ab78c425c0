package dev.hermes.api.receipt;

/** Names that a model made up, cut to what a text column and a log line can take. */
final class Printable {
  private static final int MOST = 200;

  private Printable() {}

  static String of(String text) {
    String printable = text.replaceAll("[^\\x20-\\x7e]", "?");
    return printable.length() <= MOST ? printable : printable.substring(0, MOST);
  }
}
