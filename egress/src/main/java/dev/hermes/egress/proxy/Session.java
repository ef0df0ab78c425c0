package dev.hermes.egress.proxy;

import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.destination.Destination;
import io.netty.channel.Channel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One connection of a client; what it is for becomes known while its request is read. */
final class Session {
  /** Who asks, and where to. */
  record Purpose(Sandbox sandbox, Destination destination) {}

  private final Channel client;
  private final String ip;
  private volatile @Nullable Purpose purpose;

  Session(Channel client, String ip) {
    this.client = client;
    this.ip = ip;
  }

  Channel client() {
    return client;
  }

  String ip() {
    return ip;
  }

  /**
   * To be set before access is asked for: a change of rules in between is then seen by one of the
   * two.
   */
  void isFor(Purpose known) {
    purpose = known;
  }

  Optional<Purpose> purpose() {
    return Optional.ofNullable(purpose);
  }

  Optional<Sandbox> sandbox() {
    return purpose().map(Purpose::sandbox);
  }

  Optional<Destination> destination() {
    return purpose().map(Purpose::destination);
  }
}
