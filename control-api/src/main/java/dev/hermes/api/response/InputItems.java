package dev.hermes.api.response;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The input of a response as a list of items that all have an id, whatever the client sent. */
final class InputItems {
  private static final Map<String, String> PREFIXES =
      Map.of("message", "msg", "function_call", "fc", "function_call_output", "fco");

  private InputItems() {}

  /** In the order they were sent; the same ids each time. */
  static List<ObjectNode> of(KeptResponse response) {
    JsonNode input = response.input();
    if (input.isTextual()) {
      ObjectNode message = JsonNodeFactory.instance.objectNode().put("role", "user");
      message.set("content", input);
      return List.of(item(response.id(), 0, message));
    }
    List<ObjectNode> items = new ArrayList<>();
    for (JsonNode sent : input) {
      items.add(item(response.id(), items.size(), sent));
    }
    return items;
  }

  private static ObjectNode item(String response, int place, JsonNode sent) {
    ObjectNode item = JsonNodeFactory.instance.objectNode();
    String type = sent.path("type").asText("message");
    String prefix = PREFIXES.getOrDefault(type, "item");
    item.put("id", prefix + response.substring("resp".length()) + String.format("%04d", place));
    item.put("type", type).put("status", "completed");
    sent.properties().stream()
        .filter(member -> !member.getValue().isNull())
        .forEach(member -> item.set(member.getKey(), member.getValue()));
    if (type.equals("message") && sent.path("content").isTextual()) {
      String part = sent.path("role").asText().equals("assistant") ? "output_text" : "input_text";
      item.putArray("content")
          .addObject()
          .put("type", part)
          .put("text", sent.path("content").textValue());
    }
    return item;
  }
}
