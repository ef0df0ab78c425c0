package dev.hermes.api.session;

import dev.hermes.api.problem.PageCursor;
import dev.hermes.api.session.SessionController.Session;
import java.time.Instant;

/** A place in a list of sessions: when the last one was used, and its id. */
record SessionCursor(Instant updated, String id) {
  static String of(Session session) {
    return PageCursor.of(session.updatedAt(), session.id()).toString();
  }

  /** 400 when no page has ended so. */
  static SessionCursor parse(String cursor) {
    PageCursor place = PageCursor.parse(cursor, 2);
    return new SessionCursor(place.time(0), place.text(1, SessionId::isId));
  }
}
