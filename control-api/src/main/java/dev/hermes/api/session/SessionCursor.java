package dev.hermes.api.session;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.session.SessionController.Session;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;

/** A place in a list of sessions: when the last one was used, and its id. */
record SessionCursor(Instant updated, String id) {

  static String of(Session session) {
    String place = session.updatedAt() + " " + session.id();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(place.getBytes(StandardCharsets.UTF_8));
  }

  static SessionCursor parse(String cursor) {
    try {
      String[] place =
          new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8).split(" ", 2);
      return new SessionCursor(Instant.parse(place[0]), place[1]);
    } catch (IllegalArgumentException | DateTimeException | ArrayIndexOutOfBoundsException e) {
      throw new ApiException(Failure.invalid("after", "after is the next of a page."));
    }
  }
}
