package dev.hermes.api.toolserver;

import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.util.List;

/** Every Service of the cluster is on this host, which tests may ask; all else is as it is. */
@Singleton
@Requires(property = "hermes.test.local-tool-servers", value = "true")
@Replaces(Addresses.class)
final class LocalAddresses extends Addresses {
  LocalAddresses() {
    super(false);
  }

  @Override
  List<InetAddress> resolve(String host) {
    return List.of(InetAddress.getLoopbackAddress());
  }

  @Override
  boolean allows(InetAddress address, boolean privateToo) {
    return address.isLoopbackAddress() && privateToo;
  }
}
