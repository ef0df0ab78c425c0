package dev.hermes.egress.address;

import dev.hermes.crds.egress.Cidr;
import dev.hermes.crds.egress.MetadataServices;
import dev.hermes.egress.destination.Destination;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which addresses a name may have: public ones (RFC 6890 and its registries), and what the
 * installation excepts by name and range. Metadata services are excepted by nothing.
 */
public final class AddressRules {
  private static final List<Cidr> NOT_PUBLIC =
      Cidr.all(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.88.99.0/24",
          "192.168.0.0/16",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "224.0.0.0/4",
          "240.0.0.0/4",
          // IPv6: forms that carry an IPv4 address (Teredo, 6to4) and other special ones inside
          // 2000::/3
          "2001::/23",
          "2001:db8::/32",
          "2002::/16",
          "3fff::/20");

  /** Everything else of IPv6 is local, mapped, translated, multicast or not given out. */
  private static final Cidr GLOBAL_UNICAST = Cidr.parse("2000::/3");

  private final List<Cidr> denied;
  private final Map<String, List<Cidr>> exceptions;

  /**
   * @param denied ranges of the cluster that are public ones elsewhere
   * @param exceptions by {@code host:port}: ranges in which this destination may be though they are
   *     not public
   */
  public AddressRules(List<Cidr> denied, Map<String, List<Cidr>> exceptions) {
    this.denied = List.copyOf(denied);
    this.exceptions = Map.copyOf(exceptions);
  }

  /** Whether the proxy may connect to this address, which the destination's name has. */
  public boolean allows(Destination destination, InetAddress address) {
    if (MetadataServices.have(address)) {
      return false;
    }
    return isPublic(address) && !Cidr.anyContains(denied, address)
        || Cidr.anyContains(exceptions.getOrDefault(destination.toString(), List.of()), address);
  }

  private static boolean isPublic(InetAddress address) {
    return !Cidr.anyContains(NOT_PUBLIC, address)
        && (address instanceof Inet4Address || GLOBAL_UNICAST.contains(address));
  }

  /** Reads {@code host:port=range} pairs; throws with a message for people. */
  public static Map.Entry<String, Cidr> exception(String text) {
    int equals = text.indexOf('=');
    Optional<Destination> destination =
        equals < 0 ? Optional.empty() : Destination.parse(text.substring(0, equals));
    if (destination.isEmpty() || destination.get().literal()) {
      throw new IllegalArgumentException(
          text + " is not of the form index.example.com:443=10.1.2.3/32");
    }
    return Map.entry(destination.get().toString(), Cidr.parse(text.substring(equals + 1)));
  }
}
