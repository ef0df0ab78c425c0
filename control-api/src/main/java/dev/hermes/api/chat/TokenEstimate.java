package dev.hermes.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * About how many tokens a model will count, rather too many than too few: no tokenizer is right for
 * all models. What is estimated too low the upstream refuses, and then more is left out.
 */
final class TokenEstimate {
  private static final int CHARACTERS_A_TOKEN = 3;

  /** A picture or a sound, however long its text is. */
  private static final int TOKENS_A_MEDIUM = 1_500;

  private TokenEstimate() {}

  static long of(List<? extends JsonNode> messages) {
    return messages.stream().mapToLong(TokenEstimate::of).sum();
  }

  private static long of(JsonNode message) {
    JsonNode content = message.path("content");
    if (!content.isArray()) {
      return tokens(message);
    }
    long parts = 0;
    for (JsonNode part : content) {
      parts += part.path("type").asText().equals("text") ? tokens(part) : TOKENS_A_MEDIUM;
    }
    return parts + 10;
  }

  static long of(String text) {
    return text.length() / CHARACTERS_A_TOKEN + 1;
  }

  private static long tokens(JsonNode node) {
    return of(node.toString());
  }
}
