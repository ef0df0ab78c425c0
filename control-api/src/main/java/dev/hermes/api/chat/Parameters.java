package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.List;
import java.util.Map;

/** The members of a chat request that shape the model's answer. */
final class Parameters {
  /** Passed on; a provider refuses members it does not know, so nothing else is. */
  private static final List<String> PASSED =
      List.of(
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

  private record Range(double least, double most) {}

  private static final Map<String, Range> RANGES =
      Map.of(
          "temperature", new Range(0, 2),
          "top_p", new Range(0, 1),
          "presence_penalty", new Range(-2, 2),
          "frequency_penalty", new Range(-2, 2),
          "max_tokens", new Range(1, 10_000_000),
          "max_completion_tokens", new Range(1, 10_000_000));

  private Parameters() {}

  static ObjectNode read(ObjectNode root) {
    ObjectNode parameters = JsonNodeFactory.instance.objectNode();
    for (String name : PASSED) {
      JsonNode value = root.path(name);
      if (!value.isMissingNode() && !value.isNull()) {
        check(name, value);
        parameters.set(name, value);
      }
    }
    return parameters;
  }

  /** What would change the answer and is not done here; silence would be a wrong answer. */
  static void refuseUnsupported(ObjectNode root) {
    JsonNode n = root.path("n");
    if (!n.isMissingNode() && !n.isNull() && !(n.isIntegralNumber() && n.asInt() == 1)) {
      throw new ApiException(
          Failure.unsupported("n", "n must be 1: send one request for each answer you want."));
    }
    for (JsonNode modality : root.path("modalities")) {
      if (!modality.asText().equals("text")) {
        throw new ApiException(Failure.unsupported("modalities", "Only text is answered here."));
      }
    }
    for (String old : List.of("functions", "function_call")) {
      if (root.hasNonNull(old)) {
        throw new ApiException(
            Failure.unsupported(old, old + " is the old form: send tools and tool_choice."));
      }
    }
  }

  private static void check(String name, JsonNode value) {
    Range range = RANGES.get(name);
    if (range == null) {
      return;
    }
    if (!value.isNumber()
        || value.doubleValue() < range.least()
        || value.doubleValue() > range.most()) {
      throw new ApiException(
          Failure.invalid(
              name,
              "%s must be a number from %s to %s."
                  .formatted(name, plain(range.least()), plain(range.most()))));
    }
  }

  private static String plain(double number) {
    return Long.toString((long) number);
  }
}
