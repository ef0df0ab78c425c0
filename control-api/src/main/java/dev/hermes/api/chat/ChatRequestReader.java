package dev.hermes.api.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a chat request. Members it does not know are ignored and {@code null} is as good as absent,
 * as OpenAI's clients expect; what cannot be honoured and would change the answer is refused.
 */
final class ChatRequestReader {
  private static final int DEPTH = 64;
  private static final int MOST_MODEL = 200;
  private static final int MOST_TOOLS = 128;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEPTH).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ChatRequestReader() {}

  static ChatRequest read(byte[] body) {
    ObjectNode root = object(parse(decode(body)));
    Parameters.refuseUnsupported(root);
    List<JsonNode> tools = tools(root.path("tools"));
    JsonNode options = root.path("stream_options");
    return new ChatRequest(
        model(root.path("model")),
        Messages.read(root.get("messages")),
        tools,
        functions(tools),
        present(root.path("tool_choice")),
        Parameters.read(root),
        flag(root.path("stream"), "stream"),
        flag(options.path("include_usage"), "stream_options.include_usage"));
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

  private static ObjectNode object(JsonNode root) {
    if (root instanceof ObjectNode object) {
      return object;
    }
    throw new ApiException(Failure.malformed("The body must be a JSON object."));
  }

  private static Optional<String> model(JsonNode model) {
    if (model.isMissingNode() || model.isNull() || model.asText().isEmpty() && model.isTextual()) {
      return Optional.empty();
    }
    if (!model.isTextual() || model.textValue().length() > MOST_MODEL) {
      throw new ApiException(Failure.invalid("model", "model must be a name."));
    }
    return Optional.of(model.textValue());
  }

  private static List<JsonNode> tools(JsonNode tools) {
    if (tools.isMissingNode() || tools.isNull()) {
      return List.of();
    }
    if (!tools.isArray() || tools.size() > MOST_TOOLS) {
      throw new ApiException(
          Failure.invalid("tools", "tools must be a list of at most " + MOST_TOOLS + "."));
    }
    List<JsonNode> read = new ArrayList<>();
    for (JsonNode tool : tools) {
      boolean function = tool.path("type").asText().equals("function");
      if (!tool.path("type").isTextual()
          || function && tool.path("function").path("name").asText().isEmpty()) {
        throw new ApiException(
            Failure.invalid(
                "tools[" + read.size() + "]", "A tool has a type, and a function has a name."));
      }
      read.add(tool);
    }
    return read;
  }

  private static Set<String> functions(List<JsonNode> tools) {
    Set<String> names = new HashSet<>();
    for (JsonNode tool : tools) {
      String kind = tool.path("type").asText();
      names.add(tool.path(kind).path("name").asText());
    }
    return names;
  }

  private static Optional<JsonNode> present(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
  }

  private static boolean flag(JsonNode node, String name) {
    if (node.isMissingNode() || node.isNull()) {
      return false;
    }
    if (!node.isBoolean()) {
      throw new ApiException(Failure.invalid(name, name + " must be true or false."));
    }
    return node.booleanValue();
  }
}
