package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ModelRequest;

/**
 * Anthropic's Messages API, version 2023-06-01. Penalties, seed, logit_bias, verbosity and
 * prediction have no counterpart there and are left out, as Anthropic's own endpoint for OpenAI's
 * clients does.
 */
public final class AnthropicDialect implements Dialect {
  private static final String VERSION = "2023-06-01";

  private final int mostTokens;

  /**
   * @param mostTokens of an answer when the client names no number; the format demands one
   */
  public AnthropicDialect(int mostTokens) {
    this.mostTokens = mostTokens;
  }

  @Override
  public String path(String model, boolean stream) {
    return "/messages";
  }

  @Override
  public void authorize(Headers request, String key) {
    request.set("x-api-key", key);
  }

  @Override
  public void headers(Headers request) {
    request.set("anthropic-version", VERSION);
  }

  @Override
  public ObjectNode body(ModelRequest request, String model) throws Inexpressible {
    ObjectNode parameters = request.parameters();
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", model);
    body.put(
        "max_tokens",
        parameters
            .path("max_completion_tokens")
            .asInt(parameters.path("max_tokens").asInt(mostTokens)));
    AnthropicMessages.write(request.messages(), body);
    if (!request.tools().isEmpty()) {
      AnthropicTools.write(request, body);
    }
    if (parameters.has("temperature")) {
      // OpenAI's goes to 2, theirs to 1
      body.put("temperature", Math.min(1, parameters.path("temperature").doubleValue()));
    }
    if (parameters.has("top_p")) {
      body.set("top_p", parameters.path("top_p"));
    }
    if (parameters.has("stop")) {
      JsonNode stop = parameters.path("stop");
      body.set("stop_sequences", stop.isArray() ? stop : body.arrayNode().add(stop));
    }
    format(parameters.path("response_format"), body);
    if (parameters.path("reasoning_effort").isTextual()) {
      effort(parameters.path("reasoning_effort").textValue(), body);
    }
    body.put("stream", request.stream());
    return body;
  }

  private static void format(JsonNode format, ObjectNode body) throws Inexpressible {
    switch (format.path("type").asText("text")) {
      case "text" -> {
        // nothing to say
      }
      case "json_schema" ->
          body.withObject("/output_config")
              .putObject("format")
              .put("type", "json_schema")
              .set("schema", format.path("json_schema").path("schema"));
      default ->
          throw new Inexpressible(
              "response_format",
              "This model answers JSON by a schema alone: send response_format of type"
                  + " json_schema.");
    }
  }

  /** Its levels are low, medium and high; less than low is its default, which is no thinking. */
  private static void effort(String effort, ObjectNode body) {
    switch (effort) {
      case "low", "medium", "high" -> body.withObject("/output_config").put("effort", effort);
      case "xhigh" -> body.withObject("/output_config").put("effort", "high");
      default -> {
        // none, minimal: nothing is asked for
      }
    }
  }

  @Override
  public void event(JsonNode event, AnswerBuilder answer) {
    switch (event.path("type").asText()) {
      case "message_start" -> answer.prompt(prompt(event.path("message").path("usage")));
      case "content_block_start" ->
          block(event.path("content_block"), event.path("index").asInt(), answer);
      case "content_block_delta" -> {
        JsonNode delta = event.path("delta");
        switch (delta.path("type").asText()) {
          case "text_delta" -> answer.text(delta.path("text"));
          case "input_json_delta" ->
              answer.call(event.path("index").asInt(), "", "", delta.path("partial_json").asText());
          default -> {
            // thoughts and citations are not told on
          }
        }
      }
      case "message_delta" -> {
        stop(event.path("delta").path("stop_reason"), answer);
        answer.completion(event.path("usage").path("output_tokens"));
      }
      case "message_stop" -> answer.done();
      default -> {
        // ping, content_block_stop, and what they may add
      }
    }
  }

  @Override
  public void whole(JsonNode body, AnswerBuilder answer) {
    JsonNode usage = body.path("usage");
    answer.usage(prompt(usage), usage.path("output_tokens"));
    int index = 0;
    for (JsonNode block : body.path("content")) {
      block(block, index++, answer);
    }
    stop(body.path("stop_reason"), answer);
    answer.ended();
  }

  /** A call's input comes whole here, or empty here and in pieces later. */
  private static void block(JsonNode block, int index, AnswerBuilder answer) {
    switch (block.path("type").asText()) {
      case "text" -> answer.text(block.path("text"));
      case "tool_use" -> {
        JsonNode input = block.path("input");
        answer.call(
            index,
            block.path("id").asText(),
            block.path("name").asText(),
            input.isEmpty() ? "" : input.toString());
      }
      default -> {
        // thoughts are not told on
      }
    }
  }

  private static void stop(JsonNode reason, AnswerBuilder answer) {
    if (!reason.isTextual()) {
      return;
    }
    answer.finish(
        switch (reason.textValue()) {
          case "max_tokens", "model_context_window_exceeded" -> "length";
          case "tool_use" -> "tool_calls";
          case "refusal" -> "content_filter";
          default -> "stop";
        });
  }

  /** What was read from or written to its cache was in the prompt too. */
  private static JsonNode prompt(JsonNode usage) {
    if (!usage.path("input_tokens").isIntegralNumber()) {
      return usage.path("input_tokens");
    }
    return JsonNodeFactory.instance.numberNode(
        usage.path("input_tokens").longValue()
            + usage.path("cache_creation_input_tokens").asLong(0)
            + usage.path("cache_read_input_tokens").asLong(0));
  }

  @Override
  public Refusal refusal(int status, JsonNode body) {
    JsonNode error = body.path("error");
    String words = error.path("message").asText("no reason given");
    boolean tooLong = status == 400 && words.startsWith("prompt is too long");
    return Refusal.of(
        // out of money is our affair, not the client's
        words.contains("credit balance is too low") ? 402 : status,
        tooLong ? Refusal.TOO_LONG : error.path("type").asText("upstream_refused"),
        words);
  }
}
