package dev.hermes.api.memory;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;

/**
 * A place in a list of memories.
 *
 * @param rank how well the one there answers the search; 0 where nothing is searched for
 */
public record MemoryCursor(float rank, Instant updated, String key) {
  /** Beyond these PostgreSQL has no such time. */
  private static final Instant FIRST = Instant.EPOCH;

  private static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

  /** 400 when no page has ended so. */
  public static MemoryCursor parse(String cursor) {
    try {
      String[] place =
          new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8).split(" ", 3);
      Instant updated = Instant.parse(place[1]);
      if (updated.isAfter(FIRST) && updated.isBefore(LAST) && MemoryKey.isKey(place[2])) {
        return new MemoryCursor(Float.parseFloat(place[0]), updated, place[2]);
      }
    } catch (IllegalArgumentException | DateTimeException | ArrayIndexOutOfBoundsException e) {
      // said below
    }
    throw new ApiException(Failure.invalid("after", "after is the next of a page."));
  }

  @Override
  public String toString() {
    String place = rank + " " + updated + " " + key;
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(place.getBytes(StandardCharsets.UTF_8));
  }
}
