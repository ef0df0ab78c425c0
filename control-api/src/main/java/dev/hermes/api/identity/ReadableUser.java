package dev.hermes.api.identity;

import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import java.util.Optional;

/**
 * Whose rows a request reads: the caller's own with the scope read; those of any user of the
 * tenant, his own too, an admin's or an auditor's with the scope audit (TEN-12).
 */
public final class ReadableUser {
  private ReadableUser() {}

  /**
   * The caller, or the user that is named; 403 when the caller may not read that user's.
   *
   * @param what the rows, in the plural, as the error names them
   */
  public static String of(Principal caller, Optional<String> named, String what) {
    boolean own = named.isEmpty() || named.get().equals(caller.user());
    if (own && caller.has(Scope.READ)) {
      return caller.user();
    }
    boolean all =
        caller.hasAny(Role.ADMIN) || caller.hasAny(Role.AUDITOR) && caller.has(Scope.AUDIT);
    if (!all) {
      throw new ApiException(
          own
              ? Failure.forbidden("insufficient_scope", "Own " + what + " need the scope read.")
              : Failure.forbidden(
                  "insufficient_role",
                  "Another user's "
                      + what
                      + " are for the roles admin, and auditor with scope audit."));
    }
    return named.orElse(caller.user());
  }
}
