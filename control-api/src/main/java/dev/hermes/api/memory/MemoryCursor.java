package dev.hermes.api.memory;

import dev.hermes.api.problem.PageCursor;
import java.time.Instant;

/**
 * A place in a list of memories.
 *
 * @param rank how well the one there answers the search; 0 where nothing is searched for
 */
public record MemoryCursor(float rank, Instant updated, String key) {
  /** 400 when no page has ended so. */
  public static MemoryCursor parse(String cursor) {
    PageCursor place = PageCursor.parse(cursor, 3);
    return new MemoryCursor(place.number(0), place.time(1), place.text(2, MemoryKey::isKey));
  }

  @Override
  public String toString() {
    return PageCursor.of(rank, updated, key).toString();
  }
}
