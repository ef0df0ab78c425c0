package dev.hermes.egress.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Fields that belong to one connection and are not passed on (RFC 9110 §7.6.1). */
final class HopByHop {
  private static final Set<String> ALWAYS =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authentication-info",
          "proxy-authorization",
          "te",
          "trailer",
          "upgrade",
          "http2-settings");

  /** To name these in Connection is to ask that the next server reads another message. */
  private static final Set<String> NEVER =
      Set.of("host", "content-length", "transfer-encoding", "authorization", "cookie");

  private HopByHop() {}

  /** The fields to pass on, and that this connection ends. */
  static List<Header> without(Head head) throws BadMessage {
    Set<String> drop =
        head.members("connection")
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toCollection(TreeSet::new));
    for (String name : NEVER) {
      if (drop.contains(name)) {
        throw new BadMessage("Connection names " + name);
      }
    }
    drop.addAll(ALWAYS);
    List<Header> kept = new ArrayList<>();
    for (Header header : head.headers()) {
      if (!drop.contains(header.name().toLowerCase(Locale.ROOT))) {
        kept.add(header);
      }
    }
    kept.add(new Header("Connection", "close"));
    kept.add(new Header("Via", "1.1 hermes-egress"));
    return kept;
  }
}
