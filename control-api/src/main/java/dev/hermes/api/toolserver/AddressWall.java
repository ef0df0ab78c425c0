package dev.hermes.api.toolserver;

import dev.hermes.crds.egress.Cidr;
import dev.hermes.crds.egress.MetadataServices;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses the API connects to for a tenant: never what only this host or link answers, as
 * the metadata services of clouds do, and the networks behind it only where that is allowed. The
 * ranges are IANA's special-purpose registries (RFC 6890).
 */
final class AddressWall {
  private static final List<Cidr> NEVER =
      Cidr.all(
          "0.0.0.0/8",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "192.0.0.0/24",
          "224.0.0.0/4",
          "240.0.0.0/4",
          "::/127",
          "fe80::/10",
          "ff00::/8",
          "100::/64");

  private static final List<Cidr> PRIVATE =
      Cidr.all(
          "10.0.0.0/8",
          "172.16.0.0/12",
          "192.168.0.0/16",
          "100.64.0.0/10",
          "198.18.0.0/15",
          "fc00::/7",
          "fec0::/10");

  /** Ranges of IPv6 that lead to the address of IPv4 in them, from this byte on. */
  private static final List<Embedded> EMBEDDED =
      List.of(
          new Embedded(Cidr.parse("64:ff9b::/96"), 12),
          new Embedded(Cidr.parse("64:ff9b:1::/48"), 12),
          new Embedded(Cidr.parse("2002::/16"), 2),
          new Embedded(Cidr.parse("::/96"), 12));

  private AddressWall() {}

  private record Embedded(Cidr range, int at) {}

  /**
   * @param mayBePrivate whether it may be one of the networks behind this host
   */
  static boolean allows(InetAddress address, boolean mayBePrivate) {
    if (MetadataServices.have(address)
        || Cidr.anyContains(NEVER, address)
        || !mayBePrivate && Cidr.anyContains(PRIVATE, address)) {
      return false;
    }
    return switch (address) {
      case Inet4Address _ -> true;
      case Inet6Address _ ->
          EMBEDDED.stream()
              .filter(it -> it.range().contains(address))
              .allMatch(it -> allows(embedded(address, it.at()), mayBePrivate));
      default -> false;
    };
  }

  private static InetAddress embedded(InetAddress address, int at) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(address.getAddress(), at, at + 4));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
