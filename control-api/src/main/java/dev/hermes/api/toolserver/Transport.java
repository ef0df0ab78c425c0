package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/**
 * How the messages of a session reach its server and come back. What they say is {@link
 * ToolServerSession}'s.
 */
sealed interface Transport permits HttpTransport, StdioTransport {
  /**
   * Sends a request and waits for the message that answers it. An interrupt ends the waiting.
   *
   * @param id the request's
   */
  JsonNode exchange(long id, ObjectNode request)
      throws IOException, ToolServerFailed, InterruptedException;

  /** Sends what has no answer. */
  void tell(ObjectNode message) throws IOException, ToolServerFailed, InterruptedException;

  /** The version of the protocol that both sides speak from now on. */
  void speaks(String version);

  /** Whether the server can be asked nothing more this way. */
  boolean isOver();

  /** Ends the session. Does not wait. */
  void end();

  /** The server has forgotten the session, and did nothing of what it was asked. */
  final class Forgotten extends IOException {
    private static final long serialVersionUID = 1L;

    Forgotten(String message) {
      super(message);
    }
  }
}
