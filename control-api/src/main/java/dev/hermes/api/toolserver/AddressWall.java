package dev.hermes.api.toolserver;

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
  private static final List<Range> NEVER =
      List.of(
          Range.of("0.0.0.0", 8),
          Range.of("127.0.0.0", 8),
          Range.of("169.254.0.0", 16),
          Range.of("192.0.0.0", 24),
          Range.of("224.0.0.0", 4),
          Range.of("240.0.0.0", 4),
          // metadata of a cloud that has it in the shared range, and of one that has it in ULA
          Range.of("100.100.100.200", 32),
          Range.of("fd00:ec2::254", 128),
          Range.of("fd20:ce::254", 128),
          Range.of("::", 127),
          Range.of("fe80::", 10),
          Range.of("ff00::", 8),
          Range.of("100::", 64));

  private static final List<Range> PRIVATE =
      List.of(
          Range.of("10.0.0.0", 8),
          Range.of("172.16.0.0", 12),
          Range.of("192.168.0.0", 16),
          Range.of("100.64.0.0", 10),
          Range.of("198.18.0.0", 15),
          Range.of("fc00::", 7),
          Range.of("fec0::", 10));

  /** Ranges of IPv6 that lead to the address of IPv4 in them, from this byte on. */
  private static final List<Embedded> EMBEDDED =
      List.of(
          new Embedded(Range.of("64:ff9b::", 96), 12),
          new Embedded(Range.of("64:ff9b:1::", 48), 12),
          new Embedded(Range.of("2002::", 16), 2),
          new Embedded(Range.of("::", 96), 12));

  private AddressWall() {}

  private record Embedded(Range range, int at) {}

  private record Range(byte[] network, int bits) {
    static Range of(String network, int bits) {
      try {
        // a literal: nobody is asked
        return new Range(InetAddress.getByName(network).getAddress(), bits);
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException(network, e);
      }
    }

    boolean has(byte[] address) {
      if (address.length != network.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> bit % 8;
        if ((address[bit / 8] & mask) != (network[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * @param mayBePrivate whether it may be one of the networks behind this host
   */
  static boolean allows(InetAddress address, boolean mayBePrivate) {
    byte[] bytes = address.getAddress();
    if (NEVER.stream().anyMatch(it -> it.has(bytes))
        || !mayBePrivate && PRIVATE.stream().anyMatch(it -> it.has(bytes))) {
      return false;
    }
    return switch (address) {
      case Inet4Address _ -> true;
      case Inet6Address _ ->
          EMBEDDED.stream()
              .filter(it -> it.range().has(bytes))
              .allMatch(it -> allows(embedded(bytes, it.at()), mayBePrivate));
      default -> false;
    };
  }

  private static InetAddress embedded(byte[] bytes, int at) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(bytes, at, at + 4));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
