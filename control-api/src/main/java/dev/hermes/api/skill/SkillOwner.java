package dev.hermes.api.skill;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Role;
import dev.hermes.database.access.TenantId;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whose skills: a user's own, or the tenant's for all of its users.
 *
 * @param user empty: the tenant's
 */
record SkillOwner(TenantId tenant, String user) {
  /** No user has this name. */
  static final String ALL = "";

  static final String USER = "user";
  static final String TENANT = "tenant";

  /** The caller's own. */
  static SkillOwner of(Principal caller) {
    if (caller.user().equals(ALL)) {
      throw new ApiException(
          Failure.forbidden("no_user", "A caller without a name has no skills of its own."));
    }
    return new SkillOwner(caller.tenant(), caller.user());
  }

  /** As a request names it: the caller or its tenant; absent: the caller. */
  static SkillOwner named(Principal caller, Optional<String> owner) {
    return switch (owner.orElse(USER)) {
      case USER -> of(caller);
      case TENANT -> new SkillOwner(caller.tenant(), ALL);
      default -> throw new ApiException(Failure.invalid("owner", "owner is user or tenant."));
    };
  }

  /** The same for who writes: what all users of a tenant get is for its admins and owners. */
  static SkillOwner writing(Principal caller, Optional<String> owner) {
    SkillOwner named = named(caller, owner);
    if (named.isTenant() && !caller.hasAny(Role.ADMIN, Role.OWNER)) {
      throw new ApiException(
          Failure.forbidden(
              "insufficient_role", "The tenant's skills are for the roles admin and owner."));
    }
    return named;
  }

  /** Whose skills the caller's turns have. */
  static Set<String> visible(Principal caller) {
    return Stream.of(ALL, caller.user()).collect(Collectors.toUnmodifiableSet());
  }

  boolean isTenant() {
    return user.equals(ALL);
  }

  String wire() {
    return isTenant() ? TENANT : USER;
  }
}
