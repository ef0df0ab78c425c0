package dev.hermes.egress.proxy;

import dev.hermes.egress.http.Head;
import dev.hermes.egress.http.Header;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The control API, as the installation names it, in place of the name that sandboxes call. */
public record CallbackTarget(String host, int port) {
  /** Reads {@code http://host[:port]}; throws with a message for people. */
  public static CallbackTarget of(URI url) {
    if (!"http".equals(url.getScheme()) || url.getHost() == null || !url.getPath().isEmpty()) {
      throw new IllegalArgumentException(url + " is not of the form http://host:port");
    }
    return new CallbackTarget(url.getHost(), url.getPort() < 0 ? 80 : url.getPort());
  }

  /** What the API gets: its own name, and no word of the caller about where it comes from. */
  Head rewrite(Head head) {
    List<Header> kept = new ArrayList<>();
    for (Header header : head.headers()) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (name.equals("host")) {
        kept.add(new Header("Host", host + ":" + port));
      } else if (!name.startsWith("x-forwarded-") && !name.equals("forwarded")) {
        kept.add(header);
      }
    }
    return new Head(head.line(), List.copyOf(kept));
  }
}
