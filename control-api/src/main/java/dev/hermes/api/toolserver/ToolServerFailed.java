package dev.hermes.api.toolserver;

/** A server did not do what it was asked; the message says why, in words for a model or a log. */
public final class ToolServerFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** What it was, in few words for figures. */
  public enum Kind {
    /** No connection, or one that broke. */
    UNREACHABLE,
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

  ToolServerFailed(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
