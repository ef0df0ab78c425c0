package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A model that says one word of a stream at once, and the other when it is {@link #release}d. */
public final class HoldingUpstream extends FakeModelServer {
  public static final String MODEL = "fake-holding";
  public static final String FIRST = "held ";
  public static final String SECOND = "released";

  private final CountDownLatch released = new CountDownLatch(1);
  private final AtomicInteger held = new AtomicInteger();

  public HoldingUpstream() {
    super("/v1/chat/completions");
  }

  public String providersYaml() {
    return """
    retry: {attempts: 1}
    providers:
      - name: holding
        baseUrl: http://127.0.0.1:%d/v1
        apiKeyFile: %s
        models: [%s]
        timeoutSeconds: 300
    """
        .formatted(port(), keyFile(), MODEL);
  }

  /** Streams that are between their two words; one whose reader left is still held. */
  public int held() {
    return held.get();
  }

  public void release() {
    released.countDown();
  }

  @Override
  void check(HttpExchange exchange, JsonNode body) throws Refused {
    require(
        ("Bearer " + KEY).equals(exchange.getRequestHeaders().getFirst("Authorization")), "no key");
    require(body.path("model").asText().equals(MODEL), "model");
    require(body.path("stream").asBoolean(), "stream");
    require(body.at("/stream_options/include_usage").asBoolean(), "include_usage");
  }

  @Override
  void answer(HttpExchange exchange, JsonNode body) throws IOException {
    held.incrementAndGet();
    try (OutputStream out = stream(exchange)) {
      FakeUpstream.event(
          out,
          FakeUpstream.chunk("{\"role\":\"assistant\",\"content\":\"" + FIRST + "\"}", "null"));
      released.await();
      FakeUpstream.event(out, FakeUpstream.chunk("{\"content\":\"" + SECOND + "\"}", "\"stop\""));
      FakeUpstream.event(
          out,
          "{\"choices\":[],\"usage\":"
              + "{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}");
      FakeUpstream.event(out, "[DONE]");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      held.decrementAndGet();
    }
  }

  @Override
  String error(String message) {
    return "{\"error\":{\"message\":\"" + message + "\"}}";
  }
}
