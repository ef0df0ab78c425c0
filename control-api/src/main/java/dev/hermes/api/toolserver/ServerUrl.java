package dev.hermes.api.toolserver;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a server takes messages. The schema of Tenants has the same rules; what is written to a row
 * past it is refused here.
 *
 * @param target path and query
 */
record ServerUrl(boolean tls, String host, int port, String target) {
  private static final Pattern FORM =
      Pattern.compile(
          "(https?)://([A-Za-z0-9](?:[-A-Za-z0-9.]{0,251}[A-Za-z0-9])?)(?::([0-9]{1,5}))?([/?][!-~&&[^#]]*)?");

  static ServerUrl parse(String url) throws ToolServerFailed {
    Matcher parts = FORM.matcher(url);
    if (!parts.matches()) {
      throw new ToolServerFailed(ToolServerFailed.Kind.REFUSED, "its url is not one to be asked");
    }
    boolean tls = parts.group(1).equals("https");
    String host = parts.group(2).toLowerCase(Locale.ROOT);
    int port = parts.group(3) == null ? (tls ? 443 : 80) : Integer.parseInt(parts.group(3));
    String rest = parts.group(4) == null ? "/" : parts.group(4);
    ServerUrl read = new ServerUrl(tls, host, port, rest.startsWith("/") ? rest : "/" + rest);
    if (port < 1 || port > 65535 || !tls && !read.isInCluster()) {
      throw new ToolServerFailed(
          ToolServerFailed.Kind.REFUSED,
          "http is for Services of the cluster; its url needs https");
    }
    return read;
  }

  /** Whether the name is that of a Service, which only the cluster's own DNS answers. */
  boolean isInCluster() {
    return host.endsWith(".svc") || host.endsWith(".svc.cluster.local");
  }

  /** For the header Host (RFC 9112, 3.2). */
  String authority() {
    return port == (tls ? 443 : 80) ? host : host + ":" + port;
  }
}
