package dev.hermes.api.memory;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.Optional;

/**
 * Words to search memories for, as {@code websearch_to_tsquery} takes them: all of them, {@code "a
 * phrase"}, {@code or}, {@code -not}.
 */
public record MemoryQuery(String words) {
  private static final int MOST = 500;

  /** Empty when nothing is searched for; 400 when it is too long or no text. */
  public static Optional<MemoryQuery> parse(String text) {
    if (text.length() > MOST || !MemoryText.isStorable(text)) {
      throw new ApiException(
          Failure.invalid("q", "q is a text of at most " + MOST + " characters."));
    }
    return text.isBlank() ? Optional.empty() : Optional.of(new MemoryQuery(text));
  }
}
