package dev.hermes.api.identity;

import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.core.annotation.AnnotationMetadata;
import java.util.Arrays;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What {@link Requires} says of one route. */
record RoutePermission(Set<Scope> scopes, Set<Role> roles, boolean callback) {

  static Optional<RoutePermission> of(AnnotationMetadata route) {
    return Optional.ofNullable(route.getAnnotation(Requires.class))
        .map(requires ->
            new RoutePermission(
                Set.of(requires.enumValues("scopes", Scope.class)),
                Set.of(requires.enumValues("roles", Role.class)),
                requires.booleanValue("callback").orElse(false)));
  }

  /** Why the caller may not; empty when it may. */
  Optional<Failure> refusal(Principal caller) {
    if (!callback && caller.sandbox().isPresent()) {
      return Optional.of(
          Failure.forbidden(
              "callback_not_allowed",
              "Code in a sandbox may not call this with its HERMES_TOKEN: it may ask models, list"
                  + " them, and ask who it is."));
    }
    if (!scopes.isEmpty() && Collections.disjoint(scopes, caller.scopes())) {
      return Optional.of(
          Failure.forbidden(
              "insufficient_scope", "This needs a key with the scope " + words(scopes) + "."));
    }
    if (!roles.isEmpty() && Collections.disjoint(roles, caller.roles())) {
      return Optional.of(
          Failure.forbidden(
              "insufficient_role", "This needs a key with the role " + words(roles) + "."));
    }
    return Optional.empty();
  }

  private static String words(Set<? extends Enum<?>> names) {
    return Arrays.stream(names.stream().map(Enum::name).sorted().toArray(String[]::new))
        .map(name -> name.toLowerCase(java.util.Locale.ROOT))
        .collect(Collectors.joining(" or "));
  }
}
