package dev.hermes.egress.http;

import dev.hermes.egress.destination.Destination;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a client asks a proxy for. */
public sealed interface ProxyRequest {
  Destination destination();

  /** The credentials for the proxy, as they were sent. */
  Optional<String> authorization();

  /** A tunnel. */
  record Connect(Destination destination, Optional<String> authorization) implements ProxyRequest {}

  /**
   * One request in absolute form.
   *
   * @param path without the query, as it was sent
   * @param forwarded what the destination gets: origin form, its own Host, nothing of this hop
   */
  record Forward(
      Destination destination,
      Optional<String> authorization,
      String method,
      String path,
      Head forwarded,
      Framing framing)
      implements ProxyRequest {}

  /** Reads a head as a proxy must. */
  static ProxyRequest of(Head head) throws BadMessage {
    return Reading.of(head);
  }

  /** The reading, apart from what it results in. */
  final class Reading {
    private static final Pattern LINE =
        Pattern.compile("([A-Z]{1,20}) ([\\x21-\\x7e]{1,8192}) HTTP/1\\.([01])");
    private static final Pattern HTTP_URI =
        Pattern.compile("(?i:http)://([^/?#@]{1,260})(/[^?#]*)?(\\?[^#]*)?");
    private static final Set<String> METHODS =
        Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private Reading() {}

    static ProxyRequest of(Head head) throws BadMessage {
      Matcher line = LINE.matcher(head.line());
      if (!line.matches()) {
        throw new BadMessage("the first line is not that of an HTTP/1.1 request");
      }
      if (head.all("host").size() > 1) {
        throw new BadMessage("more than one Host");
      }
      List<String> credentials = head.all("proxy-authorization");
      if (credentials.size() > 1) {
        throw new BadMessage("more than one Proxy-Authorization");
      }
      Optional<String> authorization = credentials.stream().findFirst();
      String method = line.group(1);
      return method.equals("CONNECT")
          ? connect(head, line.group(2), authorization)
          : forward(head, method, line.group(2), line.group(3), authorization);
    }

    private static ProxyRequest connect(Head head, String target, Optional<String> authorization)
        throws BadMessage {
      Destination destination =
          Destination.parse(target).orElseThrow(() -> new BadMessage("CONNECT takes host:port"));
      if (!(Framing.of(head, new Framing.None()) instanceof Framing.None)) {
        throw new BadMessage("CONNECT has no body");
      }
      for (String host : head.all("host")) {
        if (!host.equalsIgnoreCase(target) && !host.equalsIgnoreCase(destination.host())) {
          throw new BadMessage("Host is another than that of CONNECT");
        }
      }
      return new Connect(destination, authorization);
    }

    private static ProxyRequest forward(
        Head head, String method, String target, String minor, Optional<String> authorization)
        throws BadMessage {
      if (target.startsWith("/") || target.equals("*")) {
        throw new BadMessage("this is a proxy: it takes whole URLs and CONNECT");
      }
      if (target.toLowerCase(Locale.ROOT).startsWith("https:")) {
        throw new BadMessage("https goes through CONNECT");
      }
      Matcher uri = HTTP_URI.matcher(target);
      if (!uri.matches() || !METHODS.contains(method)) {
        throw new BadMessage("a URL or a method that this proxy does not take");
      }
      String authority = uri.group(1);
      Destination destination =
          Destination.parse(authority)
              .or(() -> Destination.parse(authority + ":80"))
              .orElseThrow(() -> new BadMessage("a host that is no name"));
      for (String host : head.all("host")) {
        if (!Destination.parse(host)
            .or(() -> Destination.parse(host + ":80"))
            .equals(Optional.of(destination))) {
          throw new BadMessage("Host is another than that of the URL");
        }
      }
      Framing framing = Framing.of(head, new Framing.None());
      if (framing instanceof Framing.Chunked && minor.equals("0")) {
        throw new BadMessage("chunks in HTTP/1.0");
      }
      String path = uri.group(2) == null ? "/" : uri.group(2);
      String query = uri.group(3) == null ? "" : uri.group(3);
      return new Forward(
          destination,
          authorization,
          method,
          path,
          new Head(method + " " + path + query + " HTTP/1." + minor, fields(head, destination)),
          framing);
    }

    private static List<Header> fields(Head head, Destination destination) throws BadMessage {
      List<Header> fields = new ArrayList<>();
      fields.add(
          new Header(
              "Host", destination.port() == 80 ? destination.host() : destination.toString()));
      HopByHop.without(head).stream().filter(header -> !header.is("host")).forEach(fields::add);
      return List.copyOf(fields);
    }
  }
}
