package dev.hermes.api.problem;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Where a page of a list has ended, as its client carries it to the next one: parts, of which the
 * last alone may have a space in it. What a client makes of it is refused with 400.
 */
public record PageCursor(List<String> parts) {
  /** Beyond these PostgreSQL has no such time. */
  private static final Instant FIRST = Instant.EPOCH;

  private static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

  public PageCursor {
    parts = List.copyOf(parts);
  }

  public static PageCursor of(Object... parts) {
    return new PageCursor(Arrays.stream(parts).map(Object::toString).toList());
  }

  /**
   * @param parts how many it has
   */
  public static PageCursor parse(String cursor, int parts) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
      List<String> found = List.of(text.split(" ", parts));
      if (found.size() == parts) {
        return new PageCursor(found);
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw wrong();
  }

  public Instant time(int part) {
    try {
      Instant time = Instant.parse(parts.get(part));
      if (time.isAfter(FIRST) && time.isBefore(LAST)) {
        return time;
      }
    } catch (DateTimeException e) {
      // said below
    }
    throw wrong();
  }

  public float number(int part) {
    try {
      return Float.parseFloat(parts.get(part));
    } catch (NumberFormatException e) {
      throw wrong();
    }
  }

  public String text(int part, Predicate<String> allowed) {
    if (!allowed.test(parts.get(part))) {
      throw wrong();
    }
    return parts.get(part);
  }

  private static ApiException wrong() {
    return new ApiException(Failure.invalid("after", "after is the next of a page."));
  }

  @Override
  public String toString() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            parts.stream().collect(Collectors.joining(" ")).getBytes(StandardCharsets.UTF_8));
  }
}
