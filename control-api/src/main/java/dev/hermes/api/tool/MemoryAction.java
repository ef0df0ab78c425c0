package dev.hermes.api.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.memory.MemoryCursor;
import dev.hermes.api.memory.MemoryKey;
import dev.hermes.api.memory.MemoryQuery;
import dev.hermes.api.memory.MemoryText;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.List;
import java.util.Optional;

/** What a model may want of the tool {@code memory}: what it is told, and how its own is read. */
sealed interface MemoryAction {
  List<String> READS = List.of("get", "search", "list");
  List<String> ALL = List.of("set", "get", "search", "list", "delete");

  record Set(MemoryKey key, MemoryText text) implements MemoryAction {}

  record Get(MemoryKey key) implements MemoryAction {}

  record Search(MemoryQuery query, Optional<MemoryCursor> after) implements MemoryAction {}

  record Listing(Optional<MemoryCursor> after) implements MemoryAction {}

  record Delete(MemoryKey key) implements MemoryAction {}

  default boolean writes() {
    return this instanceof Set || this instanceof Delete;
  }

  /** Throws an {@link ApiException} whose message the model understands. */
  static MemoryAction parse(String arguments, ObjectMapper json) {
    JsonNode wish = read(arguments, json);
    return switch (wish.path("action").asText()) {
      case "set" -> new Set(key(wish), MemoryText.parse(text(wish, "content")));
      case "get" -> new Get(key(wish));
      case "search" ->
          new Search(
              MemoryQuery.parse(text(wish, "query"))
                  .orElseThrow(() -> new ApiException(Failure.missing("query"))),
              after(wish));
      case "list" -> new Listing(after(wish));
      case "delete" -> new Delete(key(wish));
      default ->
          throw new ApiException(
              Failure.invalid("action", "action is one of " + String.join(", ", ALL) + "."));
    };
  }

  static ObjectNode schema(boolean mayWrite) {
    ObjectNode schema =
        JsonNodeFactory.instance
            .objectNode()
            .put("type", "object")
            .put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    ObjectNode action = properties.putObject("action").put("type", "string");
    (mayWrite ? ALL : READS).forEach(action.putArray("enum")::add);
    property(
        properties,
        "key",
        "The name of the memory: 1 to 128 of A-Z a-z 0-9 . _ - Not for search and list.");
    if (mayWrite) {
      property(properties, "content", "For set: the whole text, at most 8 KiB.");
    }
    property(properties, "query", "For search: words, \"a phrase\", or, -not.");
    property(properties, "after", "For search and list: where the page before ended.");
    schema.putArray("required").add("action");
    return schema;
  }

  private static void property(ObjectNode properties, String name, String description) {
    properties.putObject(name).put("type", "string").put("description", description);
  }

  private static JsonNode read(String arguments, ObjectMapper json) {
    try {
      return json.readTree(arguments);
    } catch (JsonProcessingException e) {
      return json.createObjectNode();
    }
  }

  private static MemoryKey key(JsonNode wish) {
    return MemoryKey.parse(text(wish, "key"));
  }

  private static Optional<MemoryCursor> after(JsonNode wish) {
    String after = wish.path("after").asText("");
    return after.isEmpty() ? Optional.empty() : Optional.of(MemoryCursor.parse(after));
  }

  private static String text(JsonNode wish, String member) {
    if (!wish.path(member).isTextual()) {
      throw new ApiException(Failure.missing(member));
    }
    return wish.path(member).textValue();
  }
}
