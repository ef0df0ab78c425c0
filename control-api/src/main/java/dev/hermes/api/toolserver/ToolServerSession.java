package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.EventReader;
import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is said to one server, over Streamable HTTP as the specification of 2025-06-18 has it: a
 * POST a message, answered by JSON or by a stream of events. Begun by what is asked first; one
 * thread at a time uses it.
 */
public final class ToolServerSession {
  /** Those whose messages are the ones here, newest first. */
  static final List<String> VERSIONS = List.of("2025-06-18", "2025-03-26");

  private static final int MOST_ANSWER = 1 << 20;
  private static final int MOST_SESSION = 1024;
  private static final Duration PARTING = Duration.ofSeconds(5);
  private static final int GONE = 404;

  private final ServerHttp http;
  private final Duration most;
  private final ObjectMapper json;
  private volatile Optional<String> id = Optional.empty();
  private volatile Optional<String> version = Optional.empty();
  private volatile long requests;

  ToolServerSession(ServerHttp http, Duration most, ObjectMapper json) {
    this.http = http;
    this.most = most;
    this.json = json;
  }

  /** An answer of HTTP that is none of the protocol's. */
  private static final class Status extends IOException {
    private static final long serialVersionUID = 1L;
    private final int code;

    Status(int code) {
      super("HTTP " + code);
      this.code = code;
    }

    ToolServerFailed failure() {
      if (code == 401 || code == 403) {
        return new ToolServerFailed(Kind.REFUSED, "it refuses our credential (HTTP " + code + ")");
      }
      return new ToolServerFailed(
          Kind.PROTOCOL,
          code >= 300 && code < 400
              ? "it redirects (HTTP " + code + "), which is not followed"
              : "it answered HTTP " + code);
    }
  }

  /**
   * The result of a request, within the server's time altogether.
   *
   * @throws InterruptedException when the turn ends meanwhile; the server is told
   */
  ObjectNode ask(String method, ObjectNode params) throws ToolServerFailed, InterruptedException {
    boolean answered = false;
    try {
      ObjectNode result = Deadline.within(most, () -> refusing(() -> askAnew(method, params)));
      answered = true;
      return result;
    } catch (ToolServerFailed e) {
      answered = e.kind() != Kind.TIMEOUT;
      throw e;
    } finally {
      if (!answered) {
        cancelled(requests);
      }
    }
  }

  /** Tells the server that nothing more will come. Does not wait. */
  public void end() {
    if (id.isPresent()) {
      quietly(() -> http.send("DELETE", headers(), new byte[0], HttpReply::status));
    }
  }

  /** What came of a message, or why it came to nothing. */
  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException, ToolServerFailed;
  }

  private static <T> T refusing(Work<T> work) throws IOException, ToolServerFailed {
    try {
      return work.run();
    } catch (Status e) {
      throw e.failure();
    }
  }

  /** A server that has forgotten the session did nothing of what it was asked (404). */
  private ObjectNode askAnew(String method, ObjectNode params)
      throws IOException, ToolServerFailed {
    boolean had = id.isPresent();
    begin();
    try {
      return exchange(method, params);
    } catch (Status e) {
      if (e.code != GONE || !had) {
        throw e;
      }
      version = Optional.empty();
      id = Optional.empty();
      begin();
      return exchange(method, params);
    }
  }

  private void begin() throws IOException, ToolServerFailed {
    if (version.isPresent()) {
      return;
    }
    ObjectNode params =
        JsonNodeFactory.instance.objectNode().put("protocolVersion", VERSIONS.getFirst());
    params.putObject("capabilities");
    params.putObject("clientInfo").put("name", "hermes").put("version", "1");
    String spoken = exchange("initialize", params).path("protocolVersion").asText();
    if (!VERSIONS.contains(spoken)) {
      throw new ToolServerFailed(
          Kind.PROTOCOL, "it speaks another version of MCP; here are " + VERSIONS);
    }
    version = Optional.of(spoken);
    tell(RpcMessages.notification("notifications/initialized", empty()));
  }

  private ObjectNode exchange(String method, ObjectNode params)
      throws IOException, ToolServerFailed {
    long request = ++requests;
    byte[] body = bytes(RpcMessages.request(request, method, params));
    return http.send(
        "POST",
        headers(),
        body,
        reply -> {
          if (reply.status() != 200) {
            throw new Status(reply.status());
          }
          if (method.equals("initialize")) {
            id = session(reply);
          }
          return RpcMessages.result(
              reply.is("text/event-stream") ? streamed(reply, request) : whole(reply, request));
        });
  }

  private JsonNode whole(HttpReply reply, long request) throws IOException, ToolServerFailed {
    if (!reply.is("application/json")) {
      throw new ToolServerFailed(Kind.PROTOCOL, "its answer is neither JSON nor events");
    }
    byte[] body = reply.body().readNBytes(MOST_ANSWER + 1);
    if (body.length > MOST_ANSWER) {
      throw tooLarge();
    }
    JsonNode message = RpcMessages.parse(body, json);
    // in a batch, as the version of 2025-03-26 allows
    for (JsonNode each : message.isArray() ? message : List.of(message)) {
      if (RpcMessages.answers(each, request)) {
        return each;
      }
    }
    throw new ToolServerFailed(Kind.PROTOCOL, "it answers another request");
  }

  private JsonNode streamed(HttpReply reply, long request) throws IOException, ToolServerFailed {
    EventReader events = new EventReader(new Bounded(reply.body(), MOST_ANSWER), Long.MAX_VALUE);
    for (Optional<String> data = next(events); data.isPresent(); data = next(events)) {
      if (data.get().isEmpty()) {
        continue;
      }
      JsonNode message = RpcMessages.parse(data.get(), json);
      if (RpcMessages.answers(message, request)) {
        return message;
      }
      if (RpcMessages.asks(message)) {
        tell(RpcMessages.answer(message));
      }
    }
    throw new ToolServerFailed(Kind.PROTOCOL, "its stream ended without an answer");
  }

  private static Optional<String> next(EventReader events) throws IOException, ToolServerFailed {
    try {
      return events.next();
    } catch (Bounded.Exceeded e) {
      throw tooLarge();
    }
  }

  private static ToolServerFailed tooLarge() {
    return new ToolServerFailed(Kind.PROTOCOL, "its answer is larger than 1 MiB");
  }

  /** Says what has no answer. */
  private void tell(ObjectNode message) throws IOException, ToolServerFailed {
    http.send(
        "POST",
        headers(),
        bytes(message),
        reply -> {
          if (reply.status() / 100 != 2) {
            throw new Status(reply.status());
          }
          return reply.status();
        });
  }

  private void cancelled(long request) {
    if (version.isEmpty()) {
      return;
    }
    ObjectNode params =
        JsonNodeFactory.instance
            .objectNode()
            .put("requestId", request)
            .put("reason", "nobody waits for it any more");
    quietly(() -> {
      tell(RpcMessages.notification("notifications/cancelled", params));
      return 0;
    });
  }

  /** What does not matter enough to wait for, or to fail. */
  private static void quietly(Work<Integer> work) {
    Thread.ofVirtual()
        .name("tool-server-parting")
        .start(() -> {
          try {
            Deadline.within(PARTING, work::run);
          } catch (ToolServerFailed e) {
            // it will find out by itself
            return;
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("Accept", "application/json, text/event-stream");
    id.ifPresent(it -> headers.put("Mcp-Session-Id", it));
    version.ifPresent(it -> headers.put("MCP-Protocol-Version", it));
    return headers;
  }

  private static Optional<String> session(HttpReply reply) throws ToolServerFailed {
    Optional<String> given = reply.header("mcp-session-id");
    if (given.isPresent() && !given.get().matches("[!-~]{1," + MOST_SESSION + "}")) {
      throw new ToolServerFailed(Kind.PROTOCOL, "its session id is not visible ASCII");
    }
    return given;
  }

  private static byte[] bytes(ObjectNode message) {
    return message.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode empty() {
    return JsonNodeFactory.instance.objectNode();
  }
}
