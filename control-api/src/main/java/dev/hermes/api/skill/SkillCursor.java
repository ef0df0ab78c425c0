package dev.hermes.api.skill;

import dev.hermes.api.problem.PageCursor;
import java.time.Instant;

/** A place in a list of skills. */
record SkillCursor(Instant updated, String name) {
  /** 400 when no page has ended so. */
  static SkillCursor parse(String cursor) {
    PageCursor place = PageCursor.parse(cursor, 2);
    return new SkillCursor(place.time(0), place.text(1, SkillName::isName));
  }

  @Override
  public String toString() {
    return PageCursor.of(updated, name).toString();
  }
}
