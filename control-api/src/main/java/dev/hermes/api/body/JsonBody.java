package dev.hermes.api.body;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A body that is a JSON object, as OpenAI's clients send it. */
public final class JsonBody {
  private static final int DEPTH = 64;
  private static final int MOST_MODEL = 200;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  // by default the buffers are the thread's, and a virtual one begins with none
                  .recyclerPool(JsonRecyclerPools.sharedBoundedPool())
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEPTH).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonBody() {}

  /** The object; a 400 that says what is wrong and where, if it is none. */
  public static ObjectNode object(byte[] body) {
    if (parse(decode(body)) instanceof ObjectNode object) {
      return object;
    }
    throw new ApiException(Failure.malformed("The body must be a JSON object."));
  }

  /** Null is as good as absent. */
  public static Optional<JsonNode> present(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
  }

  /** A model's name; an empty one is none. */
  public static Optional<String> model(JsonNode model) {
    if (present(model).isEmpty() || model.isTextual() && model.textValue().isEmpty()) {
      return Optional.empty();
    }
    if (!model.isTextual() || model.textValue().length() > MOST_MODEL) {
      throw new ApiException(Failure.invalid("model", "model must be a name."));
    }
    return Optional.of(model.textValue());
  }

  private static String decode(byte[] body) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(body))
          .toString();
    } catch (CharacterCodingException e) {
      throw new ApiException(Failure.malformed("The body is not valid UTF-8."));
    }
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      boolean deep = String.valueOf(e.getOriginalMessage()).contains("nesting depth");
      var at = e.getLocation();
      throw new ApiException(
          Failure.malformed(
              deep
                  ? "The JSON is nested deeper than " + DEPTH + " levels."
                  : "The body is not valid JSON"
                      + (at == null
                          ? "."
                          : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ").")));
    }
  }
}
