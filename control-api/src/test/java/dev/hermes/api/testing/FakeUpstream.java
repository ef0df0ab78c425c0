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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A strict fake of an OpenAI server: it refuses what the real one refuses, and the model's name
 * says how it behaves.
 */
public final class FakeUpstream implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> KNOWN =
      Set.of(
          "model",
          "messages",
          "tools",
          "tool_choice",
          "stream",
          "stream_options",
          "temperature",
          "top_p",
          "presence_penalty",
          "frequency_penalty",
          "max_tokens",
          "max_completion_tokens",
          "stop",
          "seed",
          "response_format",
          "logit_bias",
          "reasoning_effort",
          "verbosity",
          "prediction",
          "parallel_tool_calls");
  private static final List<String> MODELS =
      List.of(
          "fake-echo",
          "fake-python",
          "fake-force",
          "fake-memory",
          "fake-tool",
          "fake-steps",
          "fake-calls",
          "fake-slow-tool",
          "fake-client-tool",
          "fake-both",
          "fake-cut",
          "fake-500",
          "fake-400",
          "fake-401",
          "fake-429",
          "fake-silent",
          "fake-stall",
          "fake-endless",
          "fake-in-stream-error",
          "fake-no-usage",
          "fake-nul",
          "fake-say",
          "vendor/fake:1");

  private final HttpServer server;
  private final Path keyFile;
  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
  private final AtomicBoolean hungUp = new AtomicBoolean();
  private final Queue<Refusal> refusals = new ConcurrentLinkedQueue<>();
  private final Set<String> failed = java.util.concurrent.ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile int gateAt;

  private FakeUpstream(HttpServer server, Path keyFile) {
    this.server = server;
    this.keyFile = keyFile;
  }

  /** What an answer is instead of what the model's name says. */
  private record Refusal(int status, Map<String, String> headers) {}

  /** The next request is refused with this; called again, the one after it. */
  public void refuse(int status, Map<String, String> headers) {
    refusals.add(new Refusal(status, headers));
  }

  /** Lets fake-steps wait before it answers to so many results of tools. */
  public CountDownLatch hold(int results) {
    gateAt = results;
    gate = new CountDownLatch(1);
    return gate;
  }

  public static FakeUpstream start() throws IOException {
    Path keyFile = Files.createTempFile("upstream", ".key");
    Files.writeString(keyFile, "sk-upstream-secret\n");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    FakeUpstream upstream = new FakeUpstream(server, keyFile);
    server.createContext("/v1/chat/completions", upstream::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return upstream;
  }

  public String providersYaml() {
    return """
    demo:
      enabled: true
    # one call of an upstream a model call, whatever it answers; RoutesIT has the rest
    retry: {attempts: 1}
    breaker: {failures: 100000}
    providers:
      - name: fake
        baseUrl: http://127.0.0.1:%d/v1
        apiKeyFile: %s
        models: [%s]
        timeoutSeconds: 1
      - name: nowhere
        baseUrl: http://127.0.0.1:1/v1
        models: [fake-nowhere]
    """
        .formatted(
            server.getAddress().getPort(),
            keyFile,
            String.join(", ", MODELS.stream().map(it -> '"' + it + '"').toList()));
  }

  /** An entry of the providers file. */
  public String yaml(String name, int weight, String model) {
    return """
      - name: %s
        baseUrl: http://127.0.0.1:%d/v1
        apiKeyFile: %s
        models: [%s]
        timeoutSeconds: 1
        weight: %d
    """
        .formatted(name, server.getAddress().getPort(), keyFile, model, weight)
        .indent(2);
  }

  /** The requests so far, newest last. */
  public List<JsonNode> requests() {
    return List.copyOf(requests);
  }

  public JsonNode lastRequest() {
    return requests.getLast();
  }

  /** Names of the tools that it offered. */
  public List<String> lastTools() {
    return lastRequest()
        .path("tools")
        .valueStream()
        .map(tool -> tool.at("/function/name").asText())
        .toList();
  }

  /** Whether somebody closed the connection while an endless answer ran. */
  public boolean hungUp() {
    return hungUp.get();
  }

  public void forget() {
    requests.clear();
    hungUp.set(false);
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode body = JSON.readTree(exchange.getRequestBody());
      Optional<String> refusal = refusal(exchange, body);
      if (refusal.isPresent()) {
        json(exchange, 400, error(refusal.get(), "invalid_value"));
        return;
      }
      requests.add(body);
      Refusal next = refusals.poll();
      if (next != null) {
        next.headers().forEach(exchange.getResponseHeaders()::set);
        json(exchange, next.status(), error("not now", "planted"));
        return;
      }
      answer(exchange, body);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Why the real one would refuse it. */
  static Optional<String> refusal(HttpExchange exchange, JsonNode body) {
    if (!"Bearer sk-upstream-secret"
        .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      return Optional.of("no key");
    }
    if (!body.path("model").isTextual()) {
      return Optional.of("you must provide a model parameter");
    }
    for (var member : body.properties()) {
      if (!KNOWN.contains(member.getKey())) {
        return Optional.of("Unrecognized request argument supplied: " + member.getKey());
      }
      if (member.getValue().isNull()) {
        return Optional.of(member.getKey() + " is null");
      }
    }
    if (body.has("tool_choice") && !body.has("tools")) {
      return Optional.of("'tool_choice' is only allowed when 'tools' are specified.");
    }
    if (body.has("parallel_tool_calls") && !body.has("tools")) {
      return Optional.of("'parallel_tool_calls' is only allowed when 'tools' are specified.");
    }
    if (body.has("stream_options") && !body.path("stream").asBoolean()) {
      return Optional.of("'stream_options' is only allowed when 'stream' is enabled.");
    }
    return messages(body.path("messages"));
  }

  private static Optional<String> messages(JsonNode messages) {
    if (!messages.isArray() || messages.isEmpty()) {
      return Optional.of("messages is empty");
    }
    Set<String> open = new HashSet<>();
    for (JsonNode message : messages) {
      String role = message.path("role").asText();
      if (role.equals("tool")) {
        if (!open.remove(message.path("tool_call_id").asText())) {
          return Optional.of(
              "messages with role 'tool' must be a response to a preceding message with"
                  + " 'tool_calls'");
        }
        continue;
      }
      if (!open.isEmpty()) {
        return Optional.of(
            "An assistant message with 'tool_calls' must be followed by tool messages");
      }
      message.path("tool_calls").forEach(call -> open.add(call.path("id").asText()));
      if (!role.equals("assistant") && !message.hasNonNull("content")) {
        return Optional.of("content is missing");
      }
    }
    return open.isEmpty() ? Optional.empty() : Optional.of("unanswered tool calls");
  }

  private void answer(HttpExchange exchange, JsonNode body)
      throws IOException, InterruptedException {
    JsonNode last = body.path("messages").path(body.path("messages").size() - 1);
    String text = last.path("content").asText();
    boolean toolResult = last.path("role").asText().equals("tool");
    switch (body.path("model").asText()) {
      case "fake-500" -> json(exchange, 500, error("secret stack trace", "boom"));
      case "fake-400" ->
          json(exchange, 400, error("maximum context length exceeded", "context_length_exceeded"));
      case "fake-401" -> json(exchange, 401, error("Incorrect API key sk-upstream-secret", "x"));
      case "fake-429" -> {
        exchange.getResponseHeaders().set("Retry-After", "300");
        json(exchange, 429, error("slow down", "rate_limit_exceeded"));
      }
      case "fake-silent" -> closed.await(5, TimeUnit.SECONDS);
      case "fake-python", "fake-force" -> {
        if (toolResult) {
          text(exchange, body, "result: " + text, true);
        } else {
          call(exchange, body, "python", "{\"code\":\"print(6*7)\"}");
        }
      }
      case "fake-steps" -> steps(exchange, body);
      case "fake-calls" -> calls(exchange, body);
      case "fake-slow-tool" -> {
        if (toolResult) {
          text(exchange, body, "result: " + text, true);
        } else {
          call(
              exchange, body, "python", "{\"code\":\"import time; time.sleep(2); print('done')\"}");
        }
      }
      case "fake-memory" -> {
        if (toolResult) {
          text(exchange, body, "result: " + text, true);
        } else {
          call(exchange, body, "memory", text);
        }
      }
      case "fake-tool" -> {
        // the user says which, and with what
        if (toolResult) {
          text(exchange, body, "result: " + text, true);
        } else {
          String[] wish = text.split(" ", 2);
          call(exchange, body, wish[0], wish.length > 1 ? wish[1] : "{}");
        }
      }
      case "fake-client-tool" -> {
        if (toolResult) {
          text(exchange, body, "client said: " + text, true);
        } else {
          call(exchange, body, body.at("/tools/0/function/name").asText(), "{\"city\":\"Zürich\"}");
        }
      }
      case "fake-cut" -> cut(exchange);
      case "fake-stall" -> stall(exchange);
      case "fake-endless" -> endless(exchange);
      case "fake-in-stream-error" -> inStreamError(exchange);
      case "fake-no-usage" -> text(exchange, body, "no usage here", false);
      case "fake-say" -> text(exchange, body, text, true);
      case "fake-nul" -> text(exchange, body, "nul:\0 lone:\ud800.", true);
      default -> text(exchange, body, "echo: " + text, true);
    }
  }

  /**
   * Calls what the user's message lists, [[name, arguments], …], one after the other, and tells all
   * results. "fail" between them is a 500, once.
   */
  private void calls(HttpExchange exchange, JsonNode body) throws IOException {
    String asked = "";
    List<String> results = new java.util.ArrayList<>();
    for (JsonNode message : body.path("messages")) {
      if (message.path("role").asText().equals("user")) {
        asked = message.path("content").asText();
        results.clear();
      } else if (message.path("role").asText().equals("tool")) {
        results.add(message.path("content").asText().strip());
      }
    }
    int done = 0;
    for (JsonNode step : JSON.readTree(asked)) {
      if (step.isTextual() && done == results.size() && failed.add(asked)) {
        json(exchange, 500, error("not now", "scripted"));
        return;
      }
      if (step.isArray() && done++ == results.size()) {
        call(exchange, body, step.path(0).asText(), step.path(1).toString());
        return;
      }
    }
    text(exchange, body, String.join("\n--\n", results), true);
  }

  /** Calls a tool twice, one after the other, and tells both results. */
  private void steps(HttpExchange exchange, JsonNode body)
      throws IOException, InterruptedException {
    List<String> results = new java.util.ArrayList<>();
    for (JsonNode message : body.path("messages")) {
      if (message.path("role").asText().equals("tool")) {
        results.add(message.path("content").asText().strip());
      }
    }
    if (results.size() == gateAt) {
      gate.await(20, TimeUnit.SECONDS);
    }
    if (results.size() < 2) {
      call(exchange, body, "python", "{\"code\":\"import uuid; print(uuid.uuid4())\"}");
    } else {
      text(exchange, body, "steps: " + String.join(" ", results), true);
    }
  }

  static void text(HttpExchange exchange, JsonNode body, String text, boolean usage)
      throws IOException {
    if (!body.path("stream").asBoolean()) {
      String content = JSON.writeValueAsString(text);
      json(
          exchange,
          200,
          "{\"id\":\"up\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":["
              + "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
              + content
              + ",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}]"
              + (usage ? ",\"usage\":" + USAGE : "")
              + "}");
      return;
    }
    try (OutputStream out = stream(exchange)) {
      event(out, chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null"));
      for (String word : text.split("(?<= )")) {
        event(out, chunk("{\"content\":" + JSON.writeValueAsString(word) + "}", "null"));
      }
      event(out, chunk("{}", "\"stop\""));
      if (usage) {
        event(out, "{\"id\":\"up\",\"choices\":[],\"usage\":" + USAGE + "}");
      }
      event(out, "[DONE]");
    }
  }

  private static final String USAGE =
      "{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}";

  private static void call(HttpExchange exchange, JsonNode body, String name, String arguments)
      throws IOException {
    String written = JSON.writeValueAsString(arguments);
    if (!body.path("stream").asBoolean()) {
      json(
          exchange,
          200,
          "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,"
              + "\"tool_calls\":[{\"id\":\"call_up\",\"type\":\"function\",\"function\":{\"name\":\""
              + name
              + "\",\"arguments\":"
              + written
              + "}}]},\"finish_reason\":\"tool_calls\"}],\"usage\":"
              + USAGE
              + "}");
      return;
    }
    try (OutputStream out = stream(exchange)) {
      event(
          out,
          chunk(
              "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":"
                  + "\"call_up\",\"type\":\"function\",\"function\":{\"name\":\""
                  + name
                  + "\",\"arguments\":\"\"}}]}",
              "null"));
      int middle = arguments.length() / 2;
      for (String part : List.of(arguments.substring(0, middle), arguments.substring(middle))) {
        event(
            out,
            chunk(
                "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                    + JSON.writeValueAsString(part)
                    + "}}]}",
                "null"));
      }
      event(out, chunk("{}", "\"tool_calls\""));
      event(out, "{\"choices\":[],\"usage\":" + USAGE + "}");
      event(out, "[DONE]");
    }
  }

  private static void cut(HttpExchange exchange) throws IOException {
    OutputStream out = stream(exchange);
    event(out, chunk("{\"role\":\"assistant\",\"content\":\"half of \"}", "null"));
    out.write("data: {\"choices\":[{\"ind".getBytes(StandardCharsets.UTF_8));
    out.flush();
    exchange.close();
  }

  private void stall(HttpExchange exchange) throws IOException, InterruptedException {
    OutputStream out = stream(exchange);
    event(out, chunk("{\"role\":\"assistant\",\"content\":\"begun \"}", "null"));
    closed.await(5, TimeUnit.SECONDS);
  }

  private void endless(HttpExchange exchange) throws InterruptedException {
    try (OutputStream out = stream(exchange)) {
      while (!closed.await(5, TimeUnit.MILLISECONDS)) {
        event(out, chunk("{\"content\":\"" + "word ".repeat(200) + "\"}", "null"));
      }
    } catch (IOException e) {
      hungUp.set(true);
    }
  }

  private static void inStreamError(HttpExchange exchange) throws IOException {
    try (OutputStream out = stream(exchange)) {
      event(out, chunk("{\"content\":\"begun \"}", "null"));
      event(out, "{\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}");
    }
  }

  static String chunk(String delta, String finish) {
    return "{\"id\":\"up\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
        + "\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"finish_reason\":"
        + finish
        + "}],\"usage\":null}";
  }

  private static OutputStream stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }

  static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  static String error(String message, String code) {
    return "{\"error\":{\"message\":\""
        + message
        + "\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\""
        + code
        + "\"}}";
  }

  private static void json(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
