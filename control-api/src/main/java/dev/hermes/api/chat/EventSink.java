package dev.hermes.api.chat;

/** Where the events of a streamed answer go. */
interface EventSink {
  /** May wait while the client reads slowly. */
  void send(byte[] frame);

  /** Nothing comes after it. */
  void complete();

  /** Whether something has been sent. */
  boolean hasStarted();
}
