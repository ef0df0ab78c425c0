package dev.hermes.api.job;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Refuses what a job cannot be given, in words that say what it can. */
final class JobCheck {
  /** Where a job's sandbox keeps what the platform writes there. */
  static final String OWN = ".hermes";

  private static final int MOST_INPUTS = 64;
  private static final int MOST_PATH = 512;
  private static final int MOST_PATTERNS = 16;
  private static final int MOST_PATTERN = 200;

  private JobCheck() {}

  /** A map that may be absent, without nulls in it. */
  static Map<String, String> texts(String param, @Nullable Map<String, String> given) {
    if (given == null) {
      return Map.of();
    }
    whole(param, given.keySet());
    whole(param, given.values());
    return given;
  }

  /** A row can hold the text: no U+0000, no half of a surrogate pair. */
  static String text(String param, String text) {
    if (text.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new ApiException(
          Failure.invalid(param, param + " must be text in Unicode, without U+0000."));
    }
    return text;
  }

  static Map<String, String> inputs(@Nullable Map<String, String> given) {
    Map<String, String> inputs = texts("inputs", given);
    if (inputs.size() > MOST_INPUTS) {
      throw new ApiException(
          Failure.invalid("inputs", "inputs holds at most " + MOST_INPUTS + " files."));
    }
    inputs.keySet().forEach(path -> path("inputs", path, MOST_PATH));
    return inputs;
  }

  static List<String> artifacts(@Nullable List<String> given) {
    if (given == null) {
      return List.of("artifacts/**");
    }
    whole("artifacts", given);
    if (given.size() > MOST_PATTERNS) {
      throw new ApiException(
          Failure.invalid("artifacts", "artifacts holds at most " + MOST_PATTERNS + " patterns."));
    }
    given.forEach(pattern -> path("artifacts", pattern, MOST_PATTERN));
    return given;
  }

  private static void whole(String param, Collection<String> texts) {
    for (@Nullable String text : texts) {
      if (text == null) {
        throw new ApiException(Failure.invalid(param, param + " holds texts, and no null."));
      }
      var _ = text(param, text);
    }
  }

  /** It stays below the home directory by its words; that links do not lead out is seen later. */
  private static void path(String param, String path, int most) {
    boolean odd =
        path.isEmpty()
            || path.length() > most
            || path.startsWith("/")
            || path.startsWith("~")
            || path.startsWith(OWN)
            || List.of(path.split("/", -1)).stream()
                .anyMatch(name -> name.isEmpty() || name.equals(".") || name.equals(".."));
    if (odd) {
      throw new ApiException(
          Failure.invalid(
              param,
              ("%s: '%s' is no path below the home directory: at most %d characters, no '/' or '~'"
                      + " at its start, no empty name, '.' or '..' in it, and not '%s'.")
                  .formatted(param, path, most, OWN)));
    }
  }
}
