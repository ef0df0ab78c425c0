package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** What strict fakes of model servers have in common; each refuses what the real one refuses. */
abstract class FakeModelServer implements AutoCloseable {
  static final String KEY = "sk-upstream-secret";
  static final ObjectMapper JSON = new ObjectMapper();

  /** As many as one test opens at once; with the default of 50 the system drops the rest. */
  private static final int BACKLOG = 1_000;

  private final HttpServer server;
  private final Path keyFile;
  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
  private final Queue<Planted> planted = new ConcurrentLinkedQueue<>();

  FakeModelServer(String context) {
    try {
      keyFile = Files.createTempFile("upstream", ".key");
      Files.writeString(keyFile, KEY + "\n");
      server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.createContext(context, this::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  private record Planted(int status, String type, String body) {}

  /** The next request is answered with this; called again, the one after it. */
  public final void plant(int status, String type, String body) {
    planted.add(new Planted(status, type, body));
  }

  public final int port() {
    return server.getAddress().getPort();
  }

  public final Path keyFile() {
    return keyFile;
  }

  /** The requests that were well formed so far, newest last. */
  public final List<JsonNode> requests() {
    return List.copyOf(requests);
  }

  @Override
  public final void close() {
    server.stop(0);
  }

  /** Throws {@link Refused} when the request is not as it should be. */
  abstract void check(HttpExchange exchange, JsonNode body) throws Refused;

  abstract void answer(HttpExchange exchange, JsonNode body) throws IOException;

  /** The body of a 400 with this message. */
  abstract String error(String message);

  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  static void require(boolean holds, String message) throws Refused {
    if (!holds) {
      throw new Refused(message);
    }
  }

  static void only(JsonNode object, List<String> members, String where) throws Refused {
    for (var member : object.properties()) {
      require(members.contains(member.getKey()), where + "." + member.getKey() + " is not known");
      require(!member.getValue().isNull(), where + "." + member.getKey() + " is null");
    }
  }

  static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  static OutputStream stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode body = JSON.readTree(exchange.getRequestBody());
      check(exchange, body);
      requests.add(body);
      Planted next = planted.poll();
      if (next == null) {
        answer(exchange, body);
      } else {
        send(exchange, next.status(), next.type(), next.body());
      }
    } catch (Refused e) {
      send(exchange, 400, "application/json", error(e.getMessage()));
    }
  }
}
