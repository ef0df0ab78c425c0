package dev.hermes.egress.destination;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A host and a port as a request names them. Made by {@link #parse} alone, so that a host is a name
 * in lower case or an address literal, and nothing else.
 *
 * @param literal whether the host is an address in any notation that some resolver takes
 */
public record Destination(String host, int port, boolean literal) {
  private static final int LONGEST_NAME = 253;
  private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final Pattern NAME = Pattern.compile(LABEL + "(\\." + LABEL + ")*");

  /** A last label of digits or 0x… makes it an IPv4 address (WHATWG URL, "ends in a number"). */
  private static final Pattern NUMBER = Pattern.compile("(.*\\.)?([0-9]+|0x[0-9a-f]*)\\.?");

  private static final Pattern BRACKETS = Pattern.compile("\\[[0-9a-f:.%a-z]{1,100}]");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  /** {@code host:port}; empty when it is neither a name nor an address with a port. */
  public static Optional<Destination> parse(String authority) {
    int colon = authority.lastIndexOf(':');
    if (colon <= 0) {
      return Optional.empty();
    }
    String port = authority.substring(colon + 1);
    if (!PORT.matcher(port).matches()) {
      return Optional.empty();
    }
    return of(authority.substring(0, colon), Integer.parseInt(port));
  }

  static Optional<Destination> of(String host, int port) {
    String name = host.toLowerCase(Locale.ROOT);
    if (port < 1 || port > 65_535 || name.length() > LONGEST_NAME) {
      return Optional.empty();
    }
    if (BRACKETS.matcher(name).matches() || NUMBER.matcher(name).matches()) {
      return Optional.of(new Destination(name, port, true));
    }
    return NAME.matcher(name).matches()
        ? Optional.of(new Destination(name, port, false))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
