package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.JsonBody;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.response.KeptResponses;
import dev.hermes.api.session.SessionId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads a request for a response and puts it as a chat. What would change the answer and is not
 * done here is refused; what is unknown is passed over.
 */
final class ResponsesReader {
  /** Members that mean the same in a chat, by its names for them. */
  private static final Map<String, String> SAME =
      Map.of(
          "model", "model",
          "temperature", "temperature",
          "top_p", "top_p",
          "max_output_tokens", "max_completion_tokens",
          "parallel_tool_calls", "parallel_tool_calls",
          "stream", "stream");

  private static final Map<String, String> REFUSED =
      Map.of(
          "prompt",
          "There are no stored prompts here: send instructions and input.",
          "max_tool_calls",
          "The number of tool calls is the platform's to limit.");

  /** Members that errors are told of, and what the client calls them. */
  private static final Map<String, String> RENAMED =
      Map.of("max_completion_tokens", "max_output_tokens", "response_format", "text.format");

  private ResponsesReader() {}

  /**
   * @param kept what was said up to the response of that id, oldest first
   */
  static ResponsesRequest read(byte[] body, Function<String, List<KeptResponses.Exchange>> kept) {
    ObjectNode root = JsonBody.object(body);
    refuse(root);
    ObjectNode chat = JsonNodeFactory.instance.objectNode();
    SAME.forEach((theirs, ours) ->
        JsonBody.present(root.path(theirs)).ifPresent(value -> chat.set(ours, value)));
    JsonBody.present(root.at("/reasoning/effort"))
        .ifPresent(effort -> chat.set("reasoning_effort", effort));
    JsonBody.present(root.at("/text/verbosity"))
        .ifPresent(verbosity -> chat.set("verbosity", verbosity));
    JsonBody.present(root.at("/text/format"))
        .ifPresent(format -> chat.set("response_format", format(format)));
    JsonBody.present(root.path("tools")).ifPresent(tools -> chat.set("tools", tools(tools)));
    JsonBody.present(root.path("tool_choice"))
        .ifPresent(choice -> chat.set("tool_choice", choice(choice)));
    Optional<String> previous = previous(root);
    JsonNode input =
        JsonBody.present(root.path("input"))
            .orElseThrow(() -> new ApiException(Failure.missing("input")));
    ArrayNode messages = chat.putArray("messages");
    JsonBody.present(root.path("instructions"))
        .ifPresent(text -> messages.addObject().put("role", "system").set("content", text));
    int from = messages.size();
    previous
        .map(kept)
        .orElse(List.of())
        .forEach(exchange -> {
          messages.addAll(ResponseItems.messages(exchange.input()));
          messages.addAll(exchange.said());
        });
    ChatRequest.Before before = new ChatRequest.Before(from, messages.size());
    messages.addAll(ResponseItems.messages(input));
    ChatRequest request = renamed(() -> ChatRequestReader.read(chat));
    return new ResponsesRequest(
        previous.isPresent() ? request.with(before) : request,
        conversation(root.path("conversation")),
        previous,
        input,
        root.path("store").asBoolean(true),
        echo(root));
  }

  /** The response it follows; one of a conversation follows what that has kept. */
  private static Optional<String> previous(ObjectNode root) {
    Optional<String> previous =
        JsonBody.present(root.path("previous_response_id")).map(JsonNode::asText);
    if (previous.isPresent() && JsonBody.present(root.path("conversation")).isPresent()) {
      throw new ApiException(
          Failure.invalid(
              "previous_response_id", "Name a conversation or a previous response, not both."));
    }
    return previous;
  }

  /** Runs a reading whose errors name a chat's members, and names those the client has sent. */
  private static <T> T renamed(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (ApiException e) {
      Failure failure = e.failure();
      String param = failure.param() == null ? "" : failure.param();
      String sent =
          param.startsWith("messages") ? "input" : RENAMED.getOrDefault(param, failure.param());
      throw new ApiException(
          new Failure(
              failure.status(),
              failure.type(),
              failure.code(),
              sent,
              failure.message().replace("'" + param + "'", "'" + sent + "'"),
              failure.headers()));
    }
  }

  private static void refuse(ObjectNode root) {
    REFUSED.forEach((member, why) -> {
      if (root.hasNonNull(member)) {
        throw new ApiException(Failure.unsupported(member, why));
      }
    });
    if (root.path("background").asBoolean()) {
      throw new ApiException(
          Failure.unsupported(
              "background", "A response is made while you wait; for long work there are jobs."));
    }
  }

  private static JsonNode format(JsonNode format) {
    if (!format.path("type").asText().equals("json_schema")) {
      return format;
    }
    ObjectNode chat = JsonNodeFactory.instance.objectNode().put("type", "json_schema");
    ObjectNode schema = format.deepCopy();
    schema.remove("type");
    chat.set("json_schema", schema);
    return chat;
  }

  private static JsonNode tools(JsonNode tools) {
    if (!tools.isArray()) {
      return tools;
    }
    ArrayNode chat = JsonNodeFactory.instance.arrayNode();
    for (JsonNode tool : tools) {
      if (!(tool instanceof ObjectNode flat) || !tool.path("type").asText().equals("function")) {
        throw new ApiException(
            Failure.unsupported(
                "tools[" + chat.size() + "]",
                "Only tools of type function are taken; the platform's own need no mention."));
      }
      ObjectNode function = flat.deepCopy();
      function.remove("type");
      function.properties().removeIf(member -> member.getValue().isNull());
      chat.addObject().put("type", "function").set("function", function);
    }
    return chat;
  }

  private static JsonNode choice(JsonNode choice) {
    if (!choice.path("type").asText().equals("function")) {
      return choice;
    }
    ObjectNode chat = JsonNodeFactory.instance.objectNode().put("type", "function");
    chat.putObject("function").set("name", choice.path("name"));
    return chat;
  }

  /** An id, or an object with one. */
  private static Optional<SessionId> conversation(JsonNode conversation) {
    JsonNode id = conversation.isObject() ? conversation.path("id") : conversation;
    return JsonBody.present(id)
        .map(JsonNode::asText)
        .map(text -> SessionId.parse("conversation", text));
  }

  /** A member that was not sent is null in the answer, not absent. */
  private static ObjectNode echo(ObjectNode root) {
    ObjectNode echo = JsonNodeFactory.instance.objectNode();
    echo.set("instructions", sent(root.path("instructions")));
    echo.set("max_output_tokens", sent(root.path("max_output_tokens")));
    echo.set(
        "metadata", root.path("metadata").isObject() ? root.path("metadata") : echo.objectNode());
    echo.set("previous_response_id", sent(root.path("previous_response_id")));
    echo.put("store", root.path("store").asBoolean(true));
    echo.put("parallel_tool_calls", root.path("parallel_tool_calls").asBoolean(true));
    echo.put("temperature", root.path("temperature").asDouble(1));
    echo.put("top_p", root.path("top_p").asDouble(1));
    echo.set("tools", root.path("tools").isArray() ? root.path("tools") : echo.arrayNode());
    echo.set(
        "tool_choice", JsonBody.present(root.path("tool_choice")).orElse(echo.textNode("auto")));
    ObjectNode reasoning = echo.putObject("reasoning");
    reasoning.set("effort", sent(root.at("/reasoning/effort")));
    reasoning.putNull("summary");
    echo.putObject("text")
        .set(
            "format",
            JsonBody.present(root.at("/text/format"))
                .orElse(echo.objectNode().put("type", "text")));
    echo.put("truncation", "disabled");
    return echo;
  }

  private static JsonNode sent(JsonNode member) {
    return JsonBody.present(member).orElse(JsonNodeFactory.instance.nullNode());
  }
}
