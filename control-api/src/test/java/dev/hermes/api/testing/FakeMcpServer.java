package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hermes.crds.tenant.TenantSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A strict MCP server over Streamable HTTP, as the specification of 2025-06-18 has it: a session
 * begins with initialize and notifications/initialized, and every later message names session and
 * version. A tool's name says how it behaves; a page of the list has two tools.
 */
public final class FakeMcpServer implements AutoCloseable {
  public static final String TOKEN = "mcp-token-of-a-tenant";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PAGE = 2;

  private final HttpServer server;
  private final String token;
  private final Map<String, Boolean> sessions = new ConcurrentHashMap<>();
  private final Set<String> tools =
      java.util.Collections.synchronizedSet(new java.util.LinkedHashSet<>());
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final List<String> refusals = new CopyOnWriteArrayList<>();
  private final List<Headers> headers = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean events;
  private volatile int down;
  private volatile String version = "2025-06-18";

  /**
   * @param token that a client must send; empty: none may be sent
   */
  public FakeMcpServer(String token, String... tools) {
    this.token = token;
    this.tools.addAll(List.of(tools));
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.createContext("/mcp", this::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;

    Refused(int status, String message) {
      super(message);
      this.status = status;
    }
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** As a Tenant names it; the tests' resolver leads every Service here. */
  public TenantSpec.McpServer named(String name, String... allowed) {
    return TenantSpec.McpServer.at(
        name,
        "http://" + name + ".tools.svc:" + port() + "/mcp",
        List.of(allowed),
        token.isEmpty() ? null : "token",
        2);
  }

  /** Answers come as events, behind a notification and a ping that wants an answer. */
  public FakeMcpServer withEvents() {
    events = true;
    return this;
  }

  /** Every request is answered with this status; 0: no longer. */
  public void down(int status) {
    down = status;
  }

  public void speaks(String other) {
    version = other;
  }

  /** Forgets all sessions, as one that was restarted. */
  public void forget() {
    sessions.clear();
  }

  /** The methods of the well-formed messages so far, and DELETE. */
  public List<String> log() {
    return List.copyOf(log);
  }

  public long count(String method) {
    return log.stream().filter(method::equals).count();
  }

  /** Why it refused what it refused. */
  public List<String> refusals() {
    return List.copyOf(refusals);
  }

  public List<Headers> headers() {
    return List.copyOf(headers);
  }

  public int openSessions() {
    return sessions.size();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (down != 0) {
        exchange.getResponseHeaders().set("Location", "http://127.0.0.1:1/elsewhere");
        exchange.sendResponseHeaders(down, -1);
        return;
      }
      serve(exchange, body);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private void serve(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
    try {
      answer(exchange, body);
    } catch (Refused e) {
      if (e.status != 404) {
        refusals.add(e.getMessage());
      }
      send(exchange, e.status, "text/plain", e.getMessage());
    }
  }

  private void answer(HttpExchange exchange, byte[] body)
      throws IOException, Refused, InterruptedException {
    Headers sent = exchange.getRequestHeaders();
    headers.add(sent);
    String authorization = sent.getFirst("Authorization");
    require(
        token.isEmpty() ? authorization == null : ("Bearer " + token).equals(authorization),
        401,
        "the credential is wrong");
    require(sent.getFirst("Host").endsWith(".svc:" + port()), 400, "Host is wrong");
    if (exchange.getRequestMethod().equals("DELETE")) {
      session(sent);
      log.add("DELETE");
      sessions.remove(sent.getFirst("Mcp-Session-Id"));
      exchange.sendResponseHeaders(204, -1);
      return;
    }
    require(exchange.getRequestMethod().equals("POST"), 405, "only POST");
    require("application/json".equals(sent.getFirst("Content-Type")), 415, "not JSON");
    String accept = String.valueOf(sent.getFirst("Accept"));
    require(
        accept.contains("application/json") && accept.contains("text/event-stream"),
        406,
        "a client accepts both");
    JsonNode message = JSON.readTree(body);
    require(message.isObject() && message.path("jsonrpc").asText().equals("2.0"), 400, "no RPC");
    if (message.path("method").asText().equals("initialize")) {
      initialize(exchange, sent, message);
      return;
    }
    session(sent);
    boolean ready = sessions.get(sent.getFirst("Mcp-Session-Id"));
    if (!message.has("id") || !message.has("method")) {
      told(exchange, sent, message);
      return;
    }
    require(ready, 400, "not initialized");
    log.add(message.path("method").asText());
    switch (message.path("method").asText()) {
      case "tools/list" -> reply(exchange, message, list(message.path("params")));
      case "tools/call" -> call(exchange, message, message.path("params"));
      default -> throw new Refused(400, "no such method");
    }
  }

  private void initialize(HttpExchange exchange, Headers sent, JsonNode message)
      throws IOException, Refused {
    require(sent.getFirst("Mcp-Session-Id") == null, 400, "a session begins without an id");
    JsonNode params = message.path("params");
    require(params.path("protocolVersion").isTextual(), 400, "no version");
    require(params.path("capabilities").isObject(), 400, "no capabilities");
    require(params.at("/clientInfo/name").isTextual(), 400, "no client");
    require(params.at("/clientInfo/version").isTextual(), 400, "no client version");
    log.add("initialize");
    String id = UUID.randomUUID().toString();
    sessions.put(id, false);
    exchange.getResponseHeaders().set("Mcp-Session-Id", id);
    ObjectNode result = object().put("protocolVersion", version);
    result.putObject("capabilities").putObject("tools");
    result.putObject("serverInfo").put("name", "fake").put("version", "1");
    reply(exchange, message, result);
  }

  private void session(Headers sent) throws Refused {
    String id = sent.getFirst("Mcp-Session-Id");
    require(id != null, 400, "no session");
    require(sessions.containsKey(id), 404, "that session is no more");
    require(version.equals(sent.getFirst("MCP-Protocol-Version")), 400, "no version");
  }

  private void told(HttpExchange exchange, Headers sent, JsonNode message) throws IOException {
    log.add(
        message.has("method") ? message.path("method").asText() : "answer " + message.at("/id"));
    if (message.path("method").asText().equals("notifications/initialized")) {
      sessions.put(sent.getFirst("Mcp-Session-Id"), true);
    }
    exchange.sendResponseHeaders(202, -1);
  }

  private ObjectNode list(JsonNode params) {
    List<String> all = List.copyOf(tools);
    int from = params.path("cursor").asText().isEmpty() ? 0 : params.path("cursor").asInt();
    ObjectNode result = object();
    ArrayNode page = result.putArray("tools");
    for (String name : all.subList(from, Math.min(from + PAGE, all.size()))) {
      ObjectNode tool = page.addObject().put("name", name).put("description", "Does " + name);
      ObjectNode schema = tool.putObject("inputSchema").put("type", "object");
      schema.putObject("properties").putObject("word").put("type", "string");
      if (name.equals("huge-schema")) {
        schema.put("description", "x".repeat(20_000));
      }
      if (name.equals("wordy")) {
        tool.put("description", "y".repeat(5_000));
      }
    }
    if (from + PAGE < all.size()) {
      result.put("nextCursor", String.valueOf(from + PAGE));
    }
    return result;
  }

  private void call(HttpExchange exchange, JsonNode message, JsonNode params)
      throws IOException, Refused, InterruptedException {
    String name = params.path("name").asText();
    require(tools.contains(name), 400, "no such tool");
    require(params.path("arguments").isObject(), 400, "no arguments");
    ObjectNode result = object();
    ArrayNode content = result.putArray("content");
    switch (name) {
      case "fail" -> {
        content.addObject().put("type", "text").put("text", "that word is not allowed");
        result.put("isError", true);
      }
      case "error" -> {
        ObjectNode answer = envelope(message);
        answer.putObject("error").put("code", -32602).put("message", "no such word");
        send(exchange, 200, "application/json", answer.toString());
        return;
      }
      case "slow" -> closed.await(20, TimeUnit.SECONDS);
      case "huge" -> content.addObject().put("type", "text").put("text", "x".repeat(2_000_000));
      case "long" -> content.addObject().put("type", "text").put("text", "x".repeat(100_000));
      case "picture" -> {
        content.addObject().put("type", "text").put("text", "see");
        content.addObject().put("type", "image").put("mimeType", "image/png").put("data", "AAAA");
        content
            .addObject()
            .put("type", "resource_link")
            .put("name", "report")
            .put("uri", "file:///r.pdf");
      }
      case "structure" -> result.putObject("structuredContent").put("degrees", 21);
      case "nonsense" -> {
        send(exchange, 200, "application/json", "{\"jsonrpc\":");
        return;
      }
      case "html" -> {
        send(exchange, 200, "text/html", "<html>");
        return;
      }
      case "cut" -> {
        try (OutputStream out = stream(exchange)) {
          event(out, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}");
        }
        return;
      }
      case "forgetful" -> forget();
      default ->
          content
              .addObject()
              .put("type", "text")
              .put("text", name + " says " + params.at("/arguments/word").asText("nothing"));
    }
    reply(exchange, message, result);
  }

  private void reply(HttpExchange exchange, JsonNode message, ObjectNode result)
      throws IOException {
    ObjectNode answer = envelope(message);
    answer.set("result", result);
    if (!events) {
      send(exchange, 200, "application/json", answer.toString());
      return;
    }
    OutputStream out = stream(exchange);
    out.write(": hello\n\n".getBytes(StandardCharsets.UTF_8));
    if (message.path("method").asText().equals("tools/call")) {
      event(out, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}");
      event(out, "{\"jsonrpc\":\"2.0\",\"id\":\"p1\",\"method\":\"ping\"}");
      event(out, "{\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"method\":\"sampling/createMessage\"}");
    }
    event(out, answer.toString());
    // a server may leave its stream open; the answer is there nevertheless
  }

  private static ObjectNode envelope(JsonNode message) {
    ObjectNode answer = object().put("jsonrpc", "2.0");
    answer.set("id", message.path("id"));
    return answer;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static void require(boolean holds, int status, String message) throws Refused {
    if (!holds) {
      throw new Refused(status, message);
    }
  }

  private static OutputStream stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("event: message\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
