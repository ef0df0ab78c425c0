package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;

/**
 * A strict fake of an OpenAI server that says what a test's script says, and has a window: a
 * request whose messages have more characters is refused as OpenAI refuses it.
 */
public final class ScriptedUpstream extends FakeModelServer {
  private final int window;
  private final Function<JsonNode, String> script;

  /**
   * @param window in characters of the messages' JSON
   * @param script the answer's text, by the request
   */
  public ScriptedUpstream(int window, Function<JsonNode, String> script) {
    super("/v1/chat/completions");
    this.window = window;
    this.script = script;
  }

  /** An entry of the providers file, with more members if wanted. */
  public String yaml(String name, String models, String... more) {
    return """
      - name: %s
        baseUrl: http://127.0.0.1:%d/v1
        apiKeyFile: %s
        models: %s
    """
            .formatted(name, port(), keyFile(), models)
        + String.join("", java.util.Arrays.stream(more).map(it -> "    " + it + "\n").toList());
  }

  @Override
  void check(HttpExchange exchange, JsonNode body) throws Refused {
    Optional<String> refusal = FakeUpstream.refusal(exchange, body);
    require(refusal.isEmpty(), refusal.orElse(""));
  }

  @Override
  void answer(HttpExchange exchange, JsonNode body) throws IOException {
    if (body.path("messages").toString().length() > window) {
      send(
          exchange,
          400,
          "application/json",
          FakeUpstream.error("maximum context length exceeded", "context_length_exceeded"));
      return;
    }
    FakeUpstream.text(exchange, body, script.apply(body), true);
  }

  @Override
  String error(String message) {
    return FakeUpstream.error(message, "invalid_value");
  }
}
