package dev.hermes.api.memory;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.ReadableUser;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Role;
import dev.hermes.database.access.TenantId;
import io.micronaut.http.HttpRequest;
import java.util.Optional;
import org.jdbi.v3.core.statement.SqlStatement;

/** Whose memories a request is about, and whether its caller may. */
public record MemoryOwner(TenantId tenant, String user) {
  private static final int MOST_NAME = 256;

  /** The caller's own: what a turn and the model's tool are about. */
  public static MemoryOwner of(Principal caller) {
    return new MemoryOwner(caller.tenant(), caller.user());
  }

  /** The caller, or whom an admin or auditor names; 403 when the caller may not read that. */
  static MemoryOwner reading(HttpRequest<?> request, Optional<String> named) {
    Principal caller = Principal.of(request);
    return named(caller, ReadableUser.of(caller, named, "memories"));
  }

  /** The caller, or whom an admin names; the route has asked for the scope. */
  static MemoryOwner writing(HttpRequest<?> request, Optional<String> named) {
    Principal caller = Principal.of(request);
    String user = named.orElse(caller.user());
    if (!user.equals(caller.user()) && !caller.hasAny(Role.ADMIN)) {
      throw new ApiException(
          Failure.forbidden(
              "insufficient_role", "Another user's memories are for the roles admin."));
    }
    return named(caller, user);
  }

  <S extends SqlStatement<S>> S bind(S statement) {
    return statement.bind("tenant", tenant.value()).bind("user", user);
  }

  private static MemoryOwner named(Principal caller, String user) {
    if (user.isEmpty() || user.length() > MOST_NAME || user.chars().anyMatch(c -> c < ' ')) {
      throw new ApiException(Failure.invalid("user", "user is the name of a user of the tenant."));
    }
    return new MemoryOwner(caller.tenant(), user);
  }
}
