package dev.hermes.api.model.dialect;

import java.time.Duration;
import java.util.Optional;

/**
 * How an upstream refuses.
 *
 * @param status HTTP's, or the one it should have sent
 * @param code for programs, in OpenAI's words where it has one
 * @param param the member of the request it is about
 * @param words for people; at most {@value #MOST_WORDS} characters
 * @param retryAfter when to come back, where the body says it
 */
public record Refusal(
    int status, String code, Optional<String> param, String words, Optional<Duration> retryAfter) {
  /** The code of a request that does not fit the model's window. */
  public static final String TOO_LONG = "context_length_exceeded";

  private static final int MOST_WORDS = 500;

  public Refusal {
    words = words.length() <= MOST_WORDS ? words : words.substring(0, MOST_WORDS) + "…";
  }

  static Refusal of(int status, String code, String words) {
    return new Refusal(status, code, Optional.empty(), words, Optional.empty());
  }
}
