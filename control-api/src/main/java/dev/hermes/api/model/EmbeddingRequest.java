package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalInt;

/**
 * Texts to turn into vectors.
 *
 * @param input OpenAI's: a text, a list of texts, a list of tokens, or a list of such
 * @param dimensions of a vector, where the caller wants fewer than the model has
 * @param base64 whether a vector is wanted as base64 of little-endian 32-bit floats
 */
public record EmbeddingRequest(
    String model, JsonNode input, OptionalInt dimensions, boolean base64) {

  /** The same of another model. */
  public EmbeddingRequest of(String other) {
    return new EmbeddingRequest(other, input, dimensions, base64);
  }

  /** How many vectors it asks for. */
  public int texts() {
    boolean several = input.isArray() && !input.path(0).isNumber();
    return several ? input.size() : 1;
  }
}
