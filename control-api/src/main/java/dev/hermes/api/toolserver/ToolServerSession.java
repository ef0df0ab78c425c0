package dev.hermes.api.toolserver;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.toolserver.ToolServerFailed.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is said to one server, whatever carries it: begun by what is asked first, and each request
 * within its time.
 */
public final class ToolServerSession {
  /** Those whose messages are the ones here, newest first. */
  static final List<String> VERSIONS = List.of("2025-06-18", "2025-03-26");

  private final Transport transport;
  private final Duration most;
  private final AtomicLong ids = new AtomicLong();
  private final ReentrantLock beginning = new ReentrantLock();
  private volatile boolean begun;

  /**
   * @param most that a request may take
   */
  ToolServerSession(Transport transport, Duration most) {
    this.transport = transport;
    this.most = most;
  }

  /**
   * The result of a request, within the server's time altogether.
   *
   * @throws InterruptedException when the turn ends meanwhile; the server is told
   */
  ObjectNode ask(String method, ObjectNode params) throws ToolServerFailed, InterruptedException {
    return ask(method, params, most);
  }

  /** The same within this time, should it be shorter. */
  ObjectNode ask(String method, ObjectNode params, Duration within)
      throws ToolServerFailed, InterruptedException {
    Duration time = within.compareTo(most) < 0 ? within : most;
    AtomicLong asked = new AtomicLong();
    boolean answered = false;
    try {
      ObjectNode result = Deadline.within(time, () -> begunAndAsked(method, params, asked));
      answered = true;
      return result;
    } catch (ToolServerFailed e) {
      answered = e.kind() != Kind.TIMEOUT;
      throw e;
    } finally {
      if (!answered) {
        cancelled(asked.get());
      }
    }
  }

  /** Whether the server can be asked nothing more in this session, so that another is needed. */
  public boolean isOver() {
    return transport.isOver();
  }

  /** Tells the server that nothing more will come. Does not wait. */
  public void end() {
    transport.end();
  }

  private ObjectNode begunAndAsked(String method, ObjectNode params, AtomicLong asked)
      throws IOException, ToolServerFailed, InterruptedException {
    try {
      begin();
      return exchange(method, params, asked);
    } catch (Transport.Forgotten e) {
      begun = false;
    }
    try {
      begin();
      return exchange(method, params, asked);
    } catch (Transport.Forgotten e) {
      begun = false;
      throw new ToolServerFailed(Kind.PROTOCOL, String.valueOf(e.getMessage()));
    }
  }

  /** Once, also when many ask at first. What did not begin well is of no use to the next. */
  private void begin() throws IOException, ToolServerFailed, InterruptedException {
    if (begun) {
      return;
    }
    beginning.lockInterruptibly();
    try {
      if (!begun) {
        initialize();
        begun = true;
      }
    } finally {
      if (!begun) {
        transport.end();
      }
      beginning.unlock();
    }
  }

  private void initialize() throws IOException, ToolServerFailed, InterruptedException {
    ObjectNode params = object().put("protocolVersion", VERSIONS.getFirst());
    params.putObject("capabilities");
    params.putObject("clientInfo").put("name", "hermes").put("version", "1");
    String spoken =
        exchange("initialize", params, new AtomicLong()).path("protocolVersion").asText();
    if (!VERSIONS.contains(spoken)) {
      throw new ToolServerFailed(
          Kind.PROTOCOL, "it speaks another version of MCP; here are " + VERSIONS);
    }
    transport.speaks(spoken);
    transport.tell(RpcMessages.notification("notifications/initialized", object()));
  }

  private ObjectNode exchange(String method, ObjectNode params, AtomicLong asked)
      throws IOException, ToolServerFailed, InterruptedException {
    long id = ids.incrementAndGet();
    asked.set(id);
    return RpcMessages.result(transport.exchange(id, RpcMessages.request(id, method, params)));
  }

  /** Nobody waits for the answer to this request; 0: it was not even sent. */
  private void cancelled(long request) {
    if (request == 0) {
      return;
    }
    ObjectNode params =
        object().put("requestId", request).put("reason", "nobody waits for it any more");
    Parting.quietly(() -> {
      transport.tell(RpcMessages.notification("notifications/cancelled", params));
      return true;
    });
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
