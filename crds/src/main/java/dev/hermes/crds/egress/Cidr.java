package dev.hermes.crds.egress;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A range of addresses of one family. */
public record Cidr(InetAddress base, int prefix) {
  /** Names would be looked up by the JDK; a range is written in digits. */
  private static final Pattern DIGITS = Pattern.compile("[0-9a-fA-F:.]+/[0-9]{1,3}");

  /** Reads {@code 10.0.0.0/8} or {@code fd00::/8}; throws with a message for people. */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    try {
      if (DIGITS.matcher(text).matches()) {
        InetAddress base = InetAddress.getByName(text.substring(0, slash));
        int prefix = Integer.parseInt(text.substring(slash + 1));
        if (prefix <= base.getAddress().length * 8) {
          return new Cidr(base, prefix);
        }
      }
    } catch (UnknownHostException e) {
      // said below
    }
    throw new IllegalArgumentException(
        text + " is not a range of addresses such as 10.0.0.0/8 or fd00::/8");
  }

  /** Several of them. */
  public static List<Cidr> all(String... texts) {
    return Stream.of(texts).map(Cidr::parse).toList();
  }

  /** Whether an address is in one of the ranges. */
  public static boolean anyContains(List<Cidr> ranges, InetAddress address) {
    return ranges.stream().anyMatch(range -> range.contains(address));
  }

  public boolean contains(InetAddress address) {
    byte[] mine = base.getAddress();
    byte[] other = address.getAddress();
    if (mine.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit += 8) {
      int mask = prefix - bit >= 8 ? 0xff : 0xff << (8 - (prefix - bit)) & 0xff;
      if (((mine[bit / 8] ^ other[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return base.getHostAddress() + "/" + prefix;
  }
}
