package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.EventReader;
import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Streamable HTTP as the specification of 2025-06-18 has it: a POST a message, answered by JSON or
 * by a stream of events. One thread at a time asks.
 */
final class HttpTransport implements Transport {
  private static final int MOST_SESSION = 1024;
  private static final int GONE = 404;

  private final ServerHttp http;
  private final ObjectMapper json;
  private volatile Optional<String> session = Optional.empty();
  private volatile Optional<String> version = Optional.empty();

  HttpTransport(ServerHttp http, ObjectMapper json) {
    this.http = http;
    this.json = json;
  }

  @Override
  public JsonNode exchange(long id, ObjectNode request) throws IOException, ToolServerFailed {
    boolean begins = request.path("method").asText().equals("initialize");
    return http.send(
        "POST",
        headers(),
        bytes(request),
        reply -> {
          if (reply.status() == GONE && session.isPresent()) {
            forget();
            throw new Forgotten(status(GONE));
          }
          if (reply.status() != 200) {
            throw failure(reply.status());
          }
          if (begins) {
            session = session(reply);
          }
          return reply.is("text/event-stream") ? streamed(reply, id) : whole(reply, id);
        });
  }

  @Override
  public void tell(ObjectNode message) throws IOException, ToolServerFailed {
    http.send(
        "POST",
        headers(),
        bytes(message),
        reply -> {
          if (reply.status() / 100 != 2) {
            throw failure(reply.status());
          }
          return reply.status();
        });
  }

  @Override
  public void speaks(String spoken) {
    version = Optional.of(spoken);
  }

  /** Each message has a connection of its own: the next may reach the server again. */
  @Override
  public boolean isOver() {
    return false;
  }

  @Override
  public void end() {
    if (session.isPresent()) {
      Map<String, String> last = headers();
      forget();
      Parting.quietly(() -> http.send("DELETE", last, new byte[0], HttpReply::status));
    }
  }

  private void forget() {
    session = Optional.empty();
    version = Optional.empty();
  }

  private static ToolServerFailed failure(int code) {
    if (code == 401 || code == 403) {
      return new ToolServerFailed(Kind.REFUSED, "it refuses our credential (HTTP " + code + ")");
    }
    return new ToolServerFailed(
        Kind.PROTOCOL,
        code >= 300 && code < 400
            ? "it redirects (HTTP " + code + "), which is not followed"
            : status(code));
  }

  private static String status(int code) {
    return "it answered HTTP " + code;
  }

  private JsonNode whole(HttpReply reply, long request) throws IOException, ToolServerFailed {
    if (!reply.is("application/json")) {
      throw new ToolServerFailed(Kind.PROTOCOL, "its answer is neither JSON nor events");
    }
    byte[] body = reply.body().readNBytes(RpcMessages.MOST_ANSWER + 1);
    if (body.length > RpcMessages.MOST_ANSWER) {
      throw RpcMessages.tooLarge();
    }
    for (JsonNode each : RpcMessages.each(RpcMessages.parse(body, json))) {
      if (RpcMessages.answers(each, request)) {
        return each;
      }
    }
    throw new ToolServerFailed(Kind.PROTOCOL, "it answers another request");
  }

  private JsonNode streamed(HttpReply reply, long request) throws IOException, ToolServerFailed {
    EventReader events =
        new EventReader(new Bounded(reply.body(), RpcMessages.MOST_ANSWER), Long.MAX_VALUE);
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
      throw RpcMessages.tooLarge();
    }
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("Accept", "application/json, text/event-stream");
    session.ifPresent(it -> headers.put("Mcp-Session-Id", it));
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
}
