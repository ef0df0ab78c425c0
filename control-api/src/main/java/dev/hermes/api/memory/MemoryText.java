package dev.hermes.api.memory;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.nio.charset.StandardCharsets;

/** What a memory says: a text that PostgreSQL can keep, within bounds. */
public record MemoryText(String value) {
  static final int MOST_BYTES = 8192;

  /** 400 when it is empty, too large, or no text. */
  public static MemoryText parse(String text) {
    if (text.isEmpty()) {
      throw new ApiException(Failure.missing("content"));
    }
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MOST_BYTES) {
      throw new ApiException(
          Failure.invalid(
              "content",
              "content is at most "
                  + MOST_BYTES
                  + " bytes of UTF-8, these are "
                  + bytes
                  + ". Shorten it, or keep it as several memories."));
    }
    if (!isStorable(text)) {
      throw new ApiException(
          Failure.invalid("content", "content has a NUL or half a surrogate pair: it is no text."));
    }
    return new MemoryText(text);
  }

  /** PostgreSQL has no NUL in a text, and UTF-8 no lone surrogate. */
  static boolean isStorable(String text) {
    return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }
}
