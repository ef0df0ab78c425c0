package dev.hermes.api.session;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
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
    boolean own = named.isEmpty() || named.get().equals(caller.user());
    if (own && caller.has(Scope.READ)) {
      return caller.user();
    }
    boolean all =
        caller.hasAny(Role.ADMIN) || caller.hasAny(Role.AUDITOR) && caller.has(Scope.AUDIT);
    if (!all && own) {
      throw new ApiException(
          Failure.forbidden("insufficient_scope", "Own sessions need the scope read."));
    }
    if (!all) {
      throw new ApiException(
          Failure.forbidden(
              "insufficient_role",
              "Another user's sessions are for the roles admin, and auditor with scope audit."));
    }
    return named.orElse(caller.user());
  }

  static ApiException unknown() {
    return new ApiException(Failure.notFound("You have no session of that id."));
  }
}
