package dev.hermes.api.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.JsonBody;
import dev.hermes.api.model.EmbeddingRequest;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads and checks a request for embeddings as OpenAI does. */
final class EmbeddingReader {
  static final int MOST_TEXTS = 2048;
  private static final int MOST_DIMENSIONS = 65_536;

  private EmbeddingReader() {}

  static EmbeddingRequest read(byte[] body) {
    ObjectNode root = JsonBody.object(body);
    String model =
        JsonBody.model(root.path("model"))
            .orElseThrow(() -> new ApiException(Failure.missing("model")));
    return new EmbeddingRequest(
        model, input(root.path("input")), dimensions(root.path("dimensions")), base64(root));
  }

  private static JsonNode input(JsonNode input) {
    if (JsonBody.present(input).isEmpty()) {
      throw new ApiException(Failure.missing("input"));
    }
    if (!isText(input) && !isTokens(input) && !isList(input)) {
      throw new ApiException(
          Failure.invalid(
              "input",
              "input is a text that is not empty, a list of tokens, or a list of at most "
                  + MOST_TEXTS
                  + " of one of them."));
    }
    return input;
  }

  private static boolean isText(JsonNode input) {
    return input.isTextual() && !input.textValue().isEmpty();
  }

  private static boolean isTokens(JsonNode input) {
    if (!input.isArray() || input.isEmpty()) {
      return false;
    }
    for (JsonNode token : input) {
      if (!token.canConvertToInt() || !token.isIntegralNumber() || token.intValue() < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isList(JsonNode input) {
    if (!input.isArray() || input.isEmpty() || input.size() > MOST_TEXTS) {
      return false;
    }
    boolean texts = input.path(0).isTextual();
    for (JsonNode one : input) {
      if (!(texts ? isText(one) : isTokens(one))) {
        return false;
      }
    }
    return true;
  }

  private static OptionalInt dimensions(JsonNode dimensions) {
    Optional<JsonNode> given = JsonBody.present(dimensions);
    if (given.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!dimensions.isIntegralNumber()
        || !dimensions.canConvertToInt()
        || dimensions.intValue() < 1
        || dimensions.intValue() > MOST_DIMENSIONS) {
      throw new ApiException(
          Failure.invalid(
              "dimensions", "dimensions must be a number from 1 to " + MOST_DIMENSIONS + "."));
    }
    return OptionalInt.of(dimensions.intValue());
  }

  private static boolean base64(ObjectNode root) {
    String format =
        JsonBody.present(root.path("encoding_format")).map(JsonNode::asText).orElse("float");
    return switch (format) {
      case "float" -> false;
      case "base64" -> true;
      default ->
          throw new ApiException(
              Failure.invalid("encoding_format", "encoding_format is float or base64."));
    };
  }
}
