package dev.hermes.api.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Value;
import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/**
 * The port for kubelet and Prometheus, apart from the one for apps: its own small server, so that
 * it answers while the other is busy, and nothing of it can be reached by tenants.
 */
@Context
public final class ManagementServer {
  private final HttpServer server;
  private final Health health;

  ManagementServer(
      @Value("${hermes.management-port}") int port, Health health, PrometheusMeterRegistry meters)
      throws IOException {
    this.health = health;
    this.server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> answer(exchange, 404, "there is nothing here"));
    server.createContext(
        "/metrics",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
          answer(exchange, 200, meters.scrape());
        });
    server.createContext("/health/live", exchange -> answer(exchange, 200, "alive"));
    server.createContext("/health/ready", this::ready);
    server.start();
  }

  /** The port it listens on; the configured one may be 0. */
  public int port() {
    return server.getAddress().getPort();
  }

  @PreDestroy
  void close() {
    server.stop(0);
  }

  private void ready(HttpExchange exchange) throws IOException {
    answer(exchange, health.isReady() ? 200 : 503, health.state());
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
