package dev.hermes.egress.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Probes and metrics for kubelet and Prometheus. */
public final class ManagementServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          2, task -> Thread.ofPlatform().name("management").daemon().unstarted(task));

  /**
   * @param scrape the metrics, in Prometheus' text format
   */
  public ManagementServer(int port, Readiness readiness, Supplier<String> scrape) {
    try {
      server = HttpServer.create(new InetSocketAddress(port), 0);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on HERMES_MANAGEMENT_PORT " + port, e);
    }
    server.setExecutor(threads);
    probe("/health/live", () -> true);
    probe("/health/ready", readiness::isReady);
    server.createContext(
        "/metrics", exchange -> answer(exchange, 200, "text/plain; version=0.0.4", scrape.get()));
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void probe(String path, BooleanSupplier condition) {
    server.createContext(
        path,
        exchange -> {
          boolean good = condition.getAsBoolean();
          answer(exchange, good ? 200 : 503, "text/plain", good ? "ok\n" : "not now\n");
        });
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
