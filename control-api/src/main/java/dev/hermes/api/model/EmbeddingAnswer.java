package dev.hermes.api.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Vectors, in the order of the texts.
 *
 * @param vectors each a list of numbers or base64, as it was asked for
 * @param usage of this answer, and of attempts before it that failed
 */
public record EmbeddingAnswer(
    List<JsonNode> vectors, TokenUsage usage, String provider, boolean degraded) {
  public EmbeddingAnswer {
    vectors = List.copyOf(vectors);
  }

  /** The answer of that provider, after attempts that used so much. */
  public EmbeddingAnswer by(String name, boolean fallback, TokenUsage spent) {
    return new EmbeddingAnswer(vectors, usage.plus(spent), name, fallback);
  }
}
