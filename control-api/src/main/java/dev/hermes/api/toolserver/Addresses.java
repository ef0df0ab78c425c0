package dev.hermes.api.toolserver;

import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/**
 * Finds the addresses that a server may be asked at. Who connects uses these and looks no name up
 * again, so that a name that leads elsewhere a moment later (DNS rebinding) leads nowhere.
 */
@Singleton
class Addresses {
  private final boolean mayBePrivate;

  Addresses(@Value("${hermes.mcp.private-addresses:false}") boolean mayBePrivate) {
    this.mayBePrivate = mayBePrivate;
  }

  /** In the order to try. One that is refused refuses the name. */
  final List<InetAddress> of(ServerUrl url) throws IOException, ToolServerFailed {
    List<InetAddress> found = resolve(url.host());
    for (InetAddress address : found) {
      if (!allows(address, mayBePrivate || url.isInCluster())) {
        throw new ToolServerFailed(
            ToolServerFailed.Kind.REFUSED,
            "its host has an address that is not asked: of this host or link, or private where"
                + " mcp.privateAddresses does not allow it");
      }
    }
    return found;
  }

  List<InetAddress> resolve(String host) throws IOException {
    return List.of(InetAddress.getAllByName(host));
  }

  boolean allows(InetAddress address, boolean privateToo) {
    return AddressWall.allows(address, privateToo);
  }
}
