package dev.hermes.egress.http;

/** A message that can be read in two ways, or in none; the text is for people. */
public final class BadMessage extends Exception {
  private static final long serialVersionUID = 1L;

  private final String what;

  public BadMessage(String what) {
    super(what);
    this.what = what;
  }

  public String what() {
    return what;
  }
}
