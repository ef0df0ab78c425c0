package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.JsonBody;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
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
  private static final int MOST_TOOLS = 128;

  private ChatRequestReader() {}

  static ChatRequest read(byte[] body) {
    return read(JsonBody.object(body));
  }

  static ChatRequest read(ObjectNode root) {
    Parameters.refuseUnsupported(root);
    List<JsonNode> tools = tools(root.path("tools"));
    JsonNode options = root.path("stream_options");
    return new ChatRequest(
        JsonBody.model(root.path("model")),
        Messages.read(root.get("messages")),
        Optional.empty(),
        tools,
        functions(tools),
        JsonBody.present(root.path("tool_choice")),
        Parameters.read(root),
        flag(root.path("stream"), "stream"),
        flag(options.path("include_usage"), "stream_options.include_usage"));
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
