package dev.hermes.api.model.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
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

  /**
   * A vector in the form that is wanted, whichever of the two it has.
   *
   * @throws IOException when it is in neither
   */
  static JsonNode as(boolean base64, JsonNode vector) throws IOException {
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

  private static JsonNode decode(String text) throws IOException {
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IOException("a vector is not base64", e);
    }
    ByteBuffer bytes = ByteBuffer.wrap(decoded).order(ByteOrder.LITTLE_ENDIAN);
    ArrayNode numbers = JsonNodeFactory.instance.arrayNode(bytes.remaining() / Float.BYTES);
    while (bytes.remaining() >= Float.BYTES) {
      numbers.add(bytes.getFloat());
    }
    return numbers;
  }
}
