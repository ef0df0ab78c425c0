package dev.hermes.operator.cluster;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Says what the network canary of a healthy cluster says, so that sandboxes may be made. */
public final class NetCanaryServer implements AutoCloseable {
  private static final byte[] TARGETS =
      """
      {"targets": [
        {"name": "apiserver", "address": "10.97.0.1:443", "answers": true},
        {"name": "canary", "address": "10.97.0.9:8080", "answers": true}]}\
      """
          .getBytes(StandardCharsets.UTF_8);

  private final HttpServer server;

  public NetCanaryServer() {
    try {
      server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/targets",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, TARGETS.length);
            exchange.getResponseBody().write(TARGETS);
          }
        });
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
