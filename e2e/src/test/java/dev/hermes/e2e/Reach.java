package dev.hermes.e2e;

/** A Python line that tells whether an address answers. */
final class Reach {
  static final String REACHED = "REACHED";

  private Reach() {}

  static String code(String host, int port) {
    return """
    import socket
    try:
        socket.create_connection(("%s", %d), 2).close()
        print("REACHED")
    except Exception as e:
        print("refused:", type(e).__name__)
    """
        .formatted(host, port);
  }
}
