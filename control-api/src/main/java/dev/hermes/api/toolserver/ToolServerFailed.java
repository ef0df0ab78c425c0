package dev.hermes.api.toolserver;

/** A server did not do what it was asked; the message says why, in words for a model or a log. */
public final class ToolServerFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final String said;

  /** What it was, in few words for figures. */
  public enum Kind {
    /** No connection, or one that broke; a program that has ended. */
    UNREACHABLE,
    /** No sandbox to run it in. */
    UNAVAILABLE,
    /** Its address or credential may not be used. */
    REFUSED,
    TIMEOUT,
    /** It does not speak as the protocol has it, or says too much. */
    PROTOCOL,
    /** It answered with an error. */
    ERROR;

    String wire() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  public ToolServerFailed(Kind kind, String message) {
    this(kind, message, "");
  }

  /**
   * @param said the server's own last words, which may be about what a user wrote: for the model,
   *     and for a log only where no user has asked for anything
   */
  ToolServerFailed(Kind kind, String message, String said) {
    super(message);
    this.kind = kind;
    this.said = said;
  }

  public Kind kind() {
    return kind;
  }

  /** Why, and what the server said to it, for the model. */
  public String told() {
    return said.isEmpty() ? String.valueOf(getMessage()) : getMessage() + "\n" + said;
  }

  /** The same in one line. */
  String line() {
    return told().replaceAll("\\p{Cntrl}+", " ");
  }
}
