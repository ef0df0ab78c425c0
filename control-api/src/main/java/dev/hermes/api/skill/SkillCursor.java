package dev.hermes.api.skill;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;

/** A place in a list of skills. */
record SkillCursor(Instant updated, String name) {
  /** Beyond these PostgreSQL has no such time. */
  private static final Instant FIRST = Instant.EPOCH;

  private static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

  /** 400 when no page has ended so. */
  static SkillCursor parse(String cursor) {
    try {
      String[] place =
          new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8).split(" ", 2);
      Instant updated = Instant.parse(place[0]);
      if (updated.isAfter(FIRST) && updated.isBefore(LAST) && SkillName.isName(place[1])) {
        return new SkillCursor(updated, place[1]);
      }
    } catch (IllegalArgumentException | DateTimeException | ArrayIndexOutOfBoundsException e) {
      // said below
    }
    throw new ApiException(Failure.invalid("after", "after is the next of a page."));
  }

  @Override
  public String toString() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((updated + " " + name).getBytes(StandardCharsets.UTF_8));
  }
}
