package dev.hermes.egress.report;

import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.destination.Destination;
import java.util.Optional;

/** What the connections tell of themselves. Called on event loops: must not block. */
public interface Observer {
  /**
   * @param sandbox empty: the caller is not known as one
   * @param destination empty: none could be read
   */
  void denied(
      String ip, Optional<Sandbox> sandbox, Optional<Destination> destination, Refusal refusal);

  /** Allowed, but nobody answers there. */
  void failed(Sandbox sandbox, Destination destination, String why);

  /** Bytes that a destination took. */
  void sent(Sandbox sandbox, long bytes);

  /** Bytes of a destination that the sandbox took. */
  void received(Sandbox sandbox, long bytes);
}
