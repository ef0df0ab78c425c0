package dev.hermes.crds.egress;

import java.net.InetAddress;
import java.util.List;

/**
 * Addresses at which clouds tell a machine its secrets. Nothing that connects for a tenant ever
 * goes there, whatever else it may reach.
 */
public final class MetadataServices {
  private static final List<Cidr> ADDRESSES =
      Cidr.all(
          "169.254.169.254/32",
          "168.63.129.16/32",
          "100.100.100.200/32",
          "fd00:ec2::/32",
          "fd20:ce::254/128");

  private MetadataServices() {}

  public static boolean have(InetAddress address) {
    return Cidr.anyContains(ADDRESSES, address);
  }
}
