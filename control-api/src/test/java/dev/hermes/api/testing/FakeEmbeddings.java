package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;

/** A strict fake of OpenAI's embeddings; a vector is the text's length and its place. */
public final class FakeEmbeddings extends FakeModelServer {
  public FakeEmbeddings() {
    super("/v1/embeddings");
  }

  /** An entry of the providers file. */
  public String yaml(String name, String model, int weight) {
    return """
      - name: %s
        baseUrl: http://127.0.0.1:%d/v1
        apiKeyFile: %s
        models: [%s]
        timeoutSeconds: 2
        weight: %d
    """
        .formatted(name, port(), keyFile(), model, weight);
  }

  @Override
  void check(HttpExchange exchange, JsonNode body) throws Refused {
    require(
        ("Bearer " + KEY).equals(exchange.getRequestHeaders().getFirst("Authorization")), "no key");
    only(body, List.of("model", "input", "encoding_format", "dimensions"), "body");
    require(List.of("float", "base64").contains(body.path("encoding_format").asText()), "format");
  }

  @Override
  void answer(HttpExchange exchange, JsonNode body) throws IOException {
    JsonNode input = body.path("input");
    boolean one = input.isTextual() || input.path(0).isNumber();
    ObjectNode answer = JSON.createObjectNode().put("object", "list").put("model", "real");
    ArrayNode data = answer.putArray("data");
    int count = one ? 1 : input.size();
    // out of order, as index allows
    for (int i = count - 1; i >= 0; i--) {
      JsonNode text = one ? input : input.path(i);
      float length = text.isTextual() ? text.textValue().length() : text.size();
      data.addObject()
          .put("object", "embedding")
          .put("index", i)
          .set("embedding", vector(length, i, body.path("encoding_format").asText()));
    }
    answer.putObject("usage").put("prompt_tokens", 8).put("total_tokens", 8);
    send(exchange, 200, "application/json", answer.toString());
  }

  private static JsonNode vector(float first, float second, String format) {
    if (format.equals("float")) {
      return JSON.createArrayNode().add(first).add(second);
    }
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(first).putFloat(second);
    return JsonNodeFactory.instance.textNode(Base64.getEncoder().encodeToString(bytes.array()));
  }

  @Override
  String error(String message) {
    return JSON.createObjectNode()
        .<ObjectNode>set("error", JSON.createObjectNode().put("message", message))
        .toString();
  }
}
