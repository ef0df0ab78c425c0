package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;

/**
 * Vectors as an upstream gave them.
 *
 * @param each in the form that was asked for, in the order of the texts
 * @param tokens of the texts, where it counted
 */
public record Vectors(List<JsonNode> each, OptionalLong tokens) {
  public Vectors {
    each = List.copyOf(each);
  }

  /** A vector in the form that is wanted, whichever of the two it has. */
  static JsonNode as(boolean base64, JsonNode vector) {
    if (base64 == vector.isTextual()) {
      return vector;
    }
    return base64 ? encode(vector) : decode(vector.textValue());
  }

  private static JsonNode encode(JsonNode numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    numbers.forEach(number -> bytes.putFloat(number.floatValue()));
    return JsonNodeFactory.instance.textNode(Base64.getEncoder().encodeToString(bytes.array()));
  }

  private static JsonNode decode(String text) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
    ArrayNode numbers = JsonNodeFactory.instance.arrayNode(bytes.remaining() / Float.BYTES);
    while (bytes.remaining() >= Float.BYTES) {
      numbers.add(bytes.getFloat());
    }
    return numbers;
  }
}
