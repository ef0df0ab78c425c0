package dev.hermes.api.toolserver;

import dev.hermes.crds.tenant.TenantSpec;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLSocketFactory;

/** HTTP to one server, with its credential where it has one. */
final class ServerHttp {
  private final TenantSpec.McpServer server;
  private final Addresses addresses;
  private final Credentials credentials;

  ServerHttp(TenantSpec.McpServer server, Addresses addresses, Credentials credentials) {
    this.server = server;
    this.addresses = addresses;
    this.credentials = credentials;
  }

  /** Reads an answer while its connection is open. */
  @FunctionalInterface
  interface Reading<T> {
    T of(HttpReply reply) throws IOException, ToolServerFailed;
  }

  /** The name is looked up anew each time, and checked each time. */
  <T> T send(String method, Map<String, String> headers, byte[] body, Reading<T> reading)
      throws IOException, ToolServerFailed {
    ServerForm.check(server);
    ServerUrl url = ServerUrl.parse(Objects.requireNonNull(server.url(), "its form is checked"));
    Map<String, String> all = new LinkedHashMap<>(headers);
    credentials.of(server).ifPresent(it -> all.put("Authorization", "Bearer " + it));
    try (HttpExchange exchange =
        HttpExchange.connect(url, addresses.of(url), SSLSocketFactory::getDefault)) {
      return reading.of(exchange.send(method, url, all, body));
    }
  }
}
