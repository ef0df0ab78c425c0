package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.api.model.ModelRequest;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Google's Gemini API (generateContent). logit_bias, verbosity, prediction, reasoning_effort and
 * parallel_tool_calls have no counterpart in it for all models and are left out.
 */
public final class GeminiDialect implements Dialect {
  /** OpenAI's parameters and the members of generationConfig that mean the same. */
  private static final Map<String, String> SAME =
      Map.of(
          "temperature", "temperature",
          "top_p", "topP",
          "seed", "seed",
          "presence_penalty", "presencePenalty",
          "frequency_penalty", "frequencyPenalty");

  @Override
  public String path(String model, boolean stream) {
    return "/models/"
        + URLEncoder.encode(model, StandardCharsets.UTF_8)
        + (stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
  }

  @Override
  public void authorize(Headers request, String key) {
    request.set("x-goog-api-key", key);
  }

  @Override
  public ObjectNode body(ModelRequest request, String model) throws Inexpressible {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    GeminiContents.write(request.messages(), model, body);
    if (!request.tools().isEmpty()) {
      GeminiTools.write(request, body);
    }
    ObjectNode config = config(request.parameters());
    if (!config.isEmpty()) {
      body.set("generationConfig", config);
    }
    return body;
  }

  private static ObjectNode config(ObjectNode parameters) throws Inexpressible {
    ObjectNode config = parameters.objectNode();
    SAME.forEach((theirs, ours) -> {
      if (parameters.has(theirs)) {
        config.set(ours, parameters.path(theirs));
      }
    });
    JsonNode most = parameters.path("max_completion_tokens");
    if (!most.isMissingNode() || parameters.has("max_tokens")) {
      config.set("maxOutputTokens", most.isMissingNode() ? parameters.path("max_tokens") : most);
    }
    if (parameters.has("stop")) {
      JsonNode stop = parameters.path("stop");
      config.set("stopSequences", stop.isArray() ? stop : parameters.arrayNode().add(stop));
    }
    JsonNode format = parameters.path("response_format");
    switch (format.path("type").asText("text")) {
      case "text" -> {
        // nothing to say
      }
      case "json_object" -> config.put("responseMimeType", "application/json");
      case "json_schema" -> {
        config.put("responseMimeType", "application/json");
        config.set("responseJsonSchema", format.path("json_schema").path("schema"));
      }
      default ->
          throw new Inexpressible(
              "response_format", "This model answers text, json_object or json_schema.");
    }
    return config;
  }

  @Override
  public void event(JsonNode event, AnswerBuilder answer) {
    usage(event.path("usageMetadata"), answer);
    if (event.path("promptFeedback").hasNonNull("blockReason")) {
      answer.finish("content_filter");
      return;
    }
    JsonNode candidate = event.path("candidates").path(0);
    for (JsonNode part : candidate.path("content").path("parts")) {
      part(part, answer);
    }
    JsonNode reason = candidate.path("finishReason");
    if (reason.isTextual()) {
      finish(reason.textValue(), answer);
    }
  }

  @Override
  public void whole(JsonNode body, AnswerBuilder answer) {
    event(body, answer);
    answer.ended();
  }

  private static void part(JsonNode part, AnswerBuilder answer) {
    JsonNode call = part.path("functionCall");
    if (call.isObject()) {
      int index = answer.calls();
      JsonNode arguments = call.path("args");
      answer.call(
          index,
          call.path("id").asText(""),
          call.path("name").asText(),
          arguments.isObject() ? arguments.toString() : "{}");
      JsonNode signature = part.path(GeminiContents.SIGNATURE);
      if (signature.isTextual()) {
        answer.extra(index, GeminiContents.extra(signature.textValue()));
      }
    } else if (!part.path("thought").asBoolean()) {
      answer.text(part.path("text"));
    }
  }

  /** A model that made no sense has not finished: the answer counts as broken off. */
  private static void finish(String reason, AnswerBuilder answer) {
    switch (reason) {
      case "STOP" -> answer.finish("stop");
      case "MAX_TOKENS" -> answer.finish("length");
      case "MALFORMED_FUNCTION_CALL",
          "UNEXPECTED_TOOL_CALL",
          "TOO_MANY_TOOL_CALLS",
          "MISSING_THOUGHT_SIGNATURE",
          "OTHER" -> {
        // no reason to finish
      }
      // SAFETY, RECITATION, LANGUAGE, BLOCKLIST, PROHIBITED_CONTENT, SPII, IMAGE_…
      default -> answer.finish("content_filter");
    }
  }

  /** Thoughts are charged as output, and what tools put into the prompt as input. */
  private static void usage(JsonNode usage, AnswerBuilder answer) {
    if (usage.path("promptTokenCount").isIntegralNumber()) {
      answer.usage(
          sum(usage, "promptTokenCount", "toolUsePromptTokenCount"),
          sum(usage, "candidatesTokenCount", "thoughtsTokenCount"));
    }
  }

  private static JsonNode sum(JsonNode usage, String first, String second) {
    return JsonNodeFactory.instance.numberNode(
        usage.path(first).asLong(0) + usage.path(second).asLong(0));
  }

  @Override
  public Refusal refusal(int status, JsonNode body) {
    // of a stream it comes in a list
    JsonNode error = body.isArray() ? body.path(0).path("error") : body.path("error");
    String words = error.path("message").asText("no reason given");
    boolean tooLong = status == 400 && words.contains("exceeds the maximum number of tokens");
    boolean keyless = false;
    Optional<Duration> retryAfter = Optional.empty();
    for (JsonNode detail : error.path("details")) {
      keyless |= detail.path("reason").asText().equals("API_KEY_INVALID");
      if (detail.path("retryDelay").isTextual()) {
        retryAfter = seconds(detail.path("retryDelay").textValue());
      }
    }
    return new Refusal(
        // a wrong key is a bad request there
        keyless ? 401 : status,
        tooLong
            ? Refusal.TOO_LONG
            : error.path("status").asText("upstream_refused").toLowerCase(Locale.ROOT),
        Optional.empty(),
        words,
        retryAfter);
  }

  /** A protobuf duration in JSON, as {@code 34.07s}; rounded up. */
  private static Optional<Duration> seconds(String text) {
    if (!text.matches("\\d{1,9}(\\.\\d{1,9})?s")) {
      return Optional.empty();
    }
    BigDecimal seconds = new BigDecimal(text.substring(0, text.length() - 1));
    return Optional.of(
        Duration.ofSeconds(seconds.setScale(0, RoundingMode.CEILING).longValueExact()));
  }

  @Override
  public String embeddingPath(String model) {
    return "/models/" + URLEncoder.encode(model, StandardCharsets.UTF_8) + ":batchEmbedContents";
  }

  @Override
  public ObjectNode embeddingBody(EmbeddingRequest request, String model) throws Inexpressible {
    JsonNode input = request.input();
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    ArrayNode requests = body.putArray("requests");
    for (JsonNode text : input.isTextual() ? List.of(input) : input) {
      if (!text.isTextual()) {
        throw new Inexpressible("input", "This model takes texts, not tokens.");
      }
      ObjectNode one = requests.addObject().put("model", "models/" + model);
      one.putObject("content").putArray("parts").addObject().set("text", text);
      request.dimensions().ifPresent(it -> one.put("outputDimensionality", it));
    }
    return body;
  }

  /** It does not say how many tokens there were. */
  @Override
  public Vectors vectors(JsonNode body, EmbeddingRequest request) throws IOException {
    List<JsonNode> each = new ArrayList<>();
    for (JsonNode embedding : body.path("embeddings")) {
      if (!embedding.path("values").isArray()) {
        throw new IOException("no vector");
      }
      each.add(Vectors.as(request.base64(), embedding.path("values")));
    }
    return new Vectors(each, OptionalLong.empty());
  }
}
