package dev.hermes.api.chat;

/** The client has closed its connection; nobody reads what would be written. */
final class ClientGoneException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClientGoneException() {
    super("the client has gone", null, false, false);
  }
}
