package dev.hermes.api.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A strict fake of the Gemini API, with a model of the kind that demands its thoughts' signatures.
 * Asked with tools it calls the first one until it has a result; else it echoes.
 */
public final class FakeGemini extends FakeModelServer {
  private static final String SIGNATURE = "c2lnbmF0dXJl";

  public FakeGemini() {
    super("/v1beta/models/");
  }

  /** An entry of the providers file. */
  public String yaml(String name, String models, String more) {
    return """
      - name: %s
        dialect: gemini
        baseUrl: http://127.0.0.1:%d/v1beta
        apiKeyFile: %s
        models: %s
        timeoutSeconds: 5
        %s
    """
        .formatted(name, port(), keyFile(), models, more);
  }

  @Override
  String error(String message) {
    return JSON.createObjectNode()
        .<ObjectNode>set(
            "error",
            JSON.createObjectNode()
                .put("code", 400)
                .put("message", message)
                .put("status", "INVALID_ARGUMENT"))
        .toString();
  }

  private static boolean streams(HttpExchange exchange) {
    return exchange.getRequestURI().getPath().endsWith(":streamGenerateContent");
  }

  @Override
  void check(HttpExchange exchange, JsonNode body) throws Refused {
    require(KEY.equals(exchange.getRequestHeaders().getFirst("x-goog-api-key")), "no key");
    String path = exchange.getRequestURI().getPath();
    require(
        path.matches(
            "/v1beta/models/[-.a-z0-9]+:(streamGenerateContent|generateContent|batchEmbedContents)"),
        path);
    if (path.endsWith(":batchEmbedContents")) {
      embeddings(body);
      return;
    }
    require(!streams(exchange) || "alt=sse".equals(exchange.getRequestURI().getQuery()), "no sse");
    only(
        body,
        List.of("contents", "systemInstruction", "tools", "toolConfig", "generationConfig"),
        "body");
    only(
        body.path("generationConfig"),
        List.of(
            "temperature",
            "topP",
            "seed",
            "presencePenalty",
            "frequencyPenalty",
            "maxOutputTokens",
            "stopSequences",
            "responseMimeType",
            "responseJsonSchema"),
        "generationConfig");
    require(!body.path("contents").isEmpty(), "contents is not specified");
    for (JsonNode content : body.path("contents")) {
      only(content, List.of("role", "parts"), "contents");
      require(!content.path("parts").isEmpty(), "contents.parts must not be empty");
      boolean first = true;
      for (JsonNode part : content.path("parts")) {
        only(
            part,
            List.of("text", "inlineData", "functionCall", "functionResponse", "thoughtSignature"),
            "parts");
        if (part.has("functionCall")) {
          require(part.at("/functionCall/args").isObject(), "args must be an object");
          require(
              !first || part.path("thoughtSignature").isTextual(),
              "Function call is missing a thought_signature in functionCall parts.");
          first = false;
        }
        if (part.has("functionResponse")) {
          require(!part.at("/functionResponse/name").asText().isEmpty(), "name is empty");
          require(part.at("/functionResponse/response").isObject(), "response must be an object");
        }
      }
    }
  }

  private static void embeddings(JsonNode body) throws Refused {
    only(body, List.of("requests"), "body");
    for (JsonNode request : body.path("requests")) {
      only(request, List.of("model", "content", "outputDimensionality"), "requests");
      require(request.path("model").asText().startsWith("models/"), "requests.model");
      require(!request.at("/content/parts/0/text").asText().isEmpty(), "empty text");
    }
  }

  @Override
  void answer(HttpExchange exchange, JsonNode body) throws IOException {
    if (body.has("requests")) {
      ObjectNode answer = JSON.createObjectNode();
      ArrayNode vectors = answer.putArray("embeddings");
      body.path("requests")
          .forEach(request ->
              vectors
                  .addObject()
                  .putArray("values")
                  .add(request.at("/content/parts/0/text").asText().length())
                  .add(vectors.size() - 1));
      send(exchange, 200, "application/json", answer.toString());
      return;
    }
    JsonNode parts = body.path("contents").path(body.path("contents").size() - 1).path("parts");
    JsonNode part = parts.path(parts.size() - 1);
    boolean result = part.has("functionResponse");
    String text =
        result
            ? "result: " + part.at("/functionResponse/response/result").asText()
            : "echo: " + part.path("text").asText();
    boolean calls = body.has("tools") && !result;
    if (!streams(exchange)) {
      ArrayNode whole = JSON.createArrayNode();
      whole.addObject().put("text", "hm").put("thought", true);
      if (calls) {
        call(whole);
      } else {
        whole.addObject().put("text", text);
      }
      send(exchange, 200, "application/json", piece(whole, true, 4).toString());
      return;
    }
    try (OutputStream out = stream(exchange)) {
      if (calls) {
        ArrayNode call = JSON.createArrayNode();
        call(call);
        event(out, piece(call, true, 4));
        return;
      }
      List<String> words = List.of(text.split("(?<= )"));
      for (int i = 0; i < words.size(); i++) {
        ArrayNode word = JSON.createArrayNode();
        word.addObject().put("text", words.get(i));
        event(out, piece(word, i == words.size() - 1, i == words.size() - 1 ? 4 : 1));
      }
    }
  }

  private static void call(ArrayNode parts) {
    ObjectNode part = parts.addObject();
    part.putObject("functionCall")
        .put("name", "python")
        .putObject("args")
        .put("code", "print(6*7)");
    part.put("thoughtSignature", SIGNATURE);
  }

  private static ObjectNode piece(ArrayNode parts, boolean last, int written) {
    ObjectNode piece = JSON.createObjectNode();
    ObjectNode candidate = piece.putArray("candidates").addObject().put("index", 0);
    candidate.putObject("content").put("role", "model").set("parts", parts);
    if (last) {
      candidate.put("finishReason", "STOP");
    }
    piece
        .putObject("usageMetadata")
        .put("promptTokenCount", 11)
        .put("candidatesTokenCount", written)
        .put("thoughtsTokenCount", 3);
    return piece;
  }

  private static void event(OutputStream out, ObjectNode piece) throws IOException {
    // as the real one: CRLF
    out.write(("data: " + piece + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
