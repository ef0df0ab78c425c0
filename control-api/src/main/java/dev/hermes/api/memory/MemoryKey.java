package dev.hermes.api.memory;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.util.regex.Pattern;

/** The name of a memory, one of each for a user. Controllers and the model's tool read it. */
public record MemoryKey(String value) {
  /** Not {@code .} and {@code ..}, which no path of a URL can end with. */
  private static final Pattern FORM = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,128}");

  /** 400 when the text cannot be a key. */
  public static MemoryKey parse(String text) {
    if (!isKey(text)) {
      throw new ApiException(
          Failure.invalid("key", "A key is 1 to 128 characters of A-Z a-z 0-9 . _ -"));
    }
    return new MemoryKey(text);
  }

  static boolean isKey(String text) {
    return FORM.matcher(text).matches();
  }
}
