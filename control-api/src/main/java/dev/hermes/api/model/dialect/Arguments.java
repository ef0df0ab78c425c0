package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Text of a conversation where another format wants an object. */
final class Arguments {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Arguments() {}

  /** A call's arguments; what a model wrote that is no object is kept as text. */
  static ObjectNode object(String arguments) {
    return read(arguments.isBlank() ? "{}" : arguments, "arguments");
  }

  /** A tool's result. */
  static ObjectNode result(String text) {
    return read(text, "result");
  }

  private static ObjectNode read(String text, String member) {
    JsonNode read;
    try {
      read = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      read = JSON.missingNode();
    }
    return read instanceof ObjectNode object
        ? object
        : JsonNodeFactory.instance.objectNode().put(member, text);
  }
}
