package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks the messages of a request as OpenAI does: a provider would refuse them later anyway. */
final class Messages {
  private static final int MOST = 2048;
  private static final Set<String> ROLES =
      Set.of("developer", "system", "user", "assistant", "tool");

  private Messages() {}

  static List<ObjectNode> read(@Nullable JsonNode messages) {
    if (messages == null || messages.isNull()) {
      throw new ApiException(Failure.missing("messages"));
    }
    if (!messages.isArray() || messages.isEmpty() || messages.size() > MOST) {
      throw new ApiException(
          Failure.invalid("messages", "messages must be a list of 1 to " + MOST + " messages."));
    }
    List<ObjectNode> read = new ArrayList<>();
    Set<String> open = new HashSet<>();
    for (JsonNode message : messages) {
      String path = "messages[" + read.size() + "]";
      if (!(message instanceof ObjectNode object)) {
        throw new ApiException(Failure.invalid(path, "A message is an object."));
      }
      ObjectNode clean = object.deepCopy();
      clean.properties().removeIf(member -> member.getValue().isNull());
      check(clean, path, open);
      read.add(clean);
    }
    requireAnswered(open, "messages");
    return read;
  }

  private static void check(ObjectNode message, String path, Set<String> open) {
    String role = message.path("role").asText("");
    if (!ROLES.contains(role)) {
      throw new ApiException(
          Failure.invalid(
              path + ".role", "role is one of developer, system, user, assistant, tool."));
    }
    if (role.equals("tool")) {
      answer(message, path, open);
    } else {
      requireAnswered(open, path);
    }
    JsonNode calls = message.path("tool_calls");
    if (role.equals("assistant") && calls.isArray()) {
      for (JsonNode call : calls) {
        if (!call.path("id").isTextual()) {
          throw new ApiException(
              Failure.invalid(path + ".tool_calls", "Each tool call has an id."));
        }
        open.add(call.path("id").textValue());
      }
    }
    JsonNode content = message.path("content");
    boolean mayBeEmpty = role.equals("assistant") && !calls.isEmpty() || message.has("refusal");
    if (content.isMissingNode() ? !mayBeEmpty : !(content.isTextual() || content.isArray())) {
      throw new ApiException(
          Failure.invalid(path + ".content", "content must be a text or a list of parts."));
    }
  }

  private static void answer(ObjectNode message, String path, Set<String> open) {
    if (!message.path("tool_call_id").isTextual()) {
      throw new ApiException(Failure.missing(path + ".tool_call_id"));
    }
    if (!open.remove(message.path("tool_call_id").textValue())) {
      throw new ApiException(
          Failure.invalid(
              path + ".tool_call_id",
              "A message of role tool must follow the assistant message whose tool_calls holds its"
                  + " tool_call_id."));
    }
  }

  private static void requireAnswered(Set<String> open, String path) {
    if (!open.isEmpty()) {
      throw new ApiException(
          Failure.invalid(
              path,
              "Every tool call of an assistant message must be answered by a message of role tool"
                  + " before the next message."));
    }
  }
}
