package dev.hermes.api.identity;

import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.access.TenantId;
import io.micronaut.http.HttpRequest;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The caller, made of its credential and of nothing else the request says.
 *
 * @param user who owns what the caller makes; it outlives a rotation of the key
 * @param sandbox whose code calls; empty: an app
 */
public record Principal(
    TenantId tenant,
    String user,
    String keyId,
    Set<Role> roles,
    Set<Scope> scopes,
    Optional<UUID> sandbox) {
  private static final String ATTRIBUTE = "hermes.principal";

  public Principal {
    roles = Set.copyOf(roles);
    scopes = Set.copyOf(scopes);
  }

  /** The caller of a request to a route that is not public. */
  public static Principal of(HttpRequest<?> request) {
    return find(request)
        .orElseThrow(() -> new IllegalStateException("a public route asked for its caller"));
  }

  /** The caller, where one was established. */
  public static Optional<Principal> find(HttpRequest<?> request) {
    return request.getAttribute(ATTRIBUTE, Principal.class);
  }

  void attach(HttpRequest<?> request) {
    request.setAttribute(ATTRIBUTE, this);
  }

  /** Whether the caller holds one of these roles. */
  public boolean hasAny(Role... wanted) {
    for (Role role : wanted) {
      if (roles.contains(role)) {
        return true;
      }
    }
    return false;
  }

  public boolean has(Scope scope) {
    return scopes.contains(scope);
  }
}
