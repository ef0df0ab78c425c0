package dev.hermes.api.session;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.ReadableUser;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import io.micronaut.http.HttpRequest;
import java.util.Optional;

/** Which session a request means, and whether its caller may. */
final class SessionKeys {
  private SessionKeys() {}

  /** 400 for what cannot be an id. */
  static SessionKey of(HttpRequest<?> request, String id, Optional<String> user) {
    Principal caller = Principal.of(request);
    return new SessionKey(caller.tenant(), user(caller, user), SessionId.parse("id", id));
  }

  /** The caller, or whom an admin or auditor names. */
  static String user(Principal caller, Optional<String> named) {
    return ReadableUser.of(caller, named, "sessions");
  }

  static ApiException unknown() {
    return new ApiException(Failure.notFound("You have no session of that id."));
  }
}
