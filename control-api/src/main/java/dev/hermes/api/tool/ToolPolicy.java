package dev.hermes.api.tool;

import dev.hermes.api.identity.Principal;
import dev.hermes.crds.Scope;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Tenant ∩ SandboxPolicy ∩ the key's scopes: what may run at all. Code in a sandbox runs no more of
 * it, or one request could make sandboxes without end, and read what is kept for its user.
 */
final class ToolPolicy {
  private ToolPolicy() {}

  /** The policy of the tenant's sandboxes; empty when it has none. */
  static Optional<EffectivePolicy> sandboxPolicy(EffectiveTenant tenant) {
    return tenant.namespace() == null ? Optional.empty() : tenant.defaultPolicy();
  }

  /** Whether the caller may have tools run at all. */
  static boolean mayExecute(Principal caller) {
    return caller.has(Scope.EXECUTE) && caller.sandbox().isEmpty();
  }

  /** Those that the platform itself has. */
  static Stream<ServerTool> allowed(Principal caller, EffectiveTenant tenant) {
    if (!mayExecute(caller)) {
      return Stream.empty();
    }
    return Stream.concat(
        sandboxPolicy(tenant).map(tenant::toolsIn).stream().flatMap(SandboxTool::of),
        Stream.of(PlatformTool.values()));
  }

  /** Whether a tool may change what is kept for the caller; else it reads alone. */
  static boolean mayWrite(Principal caller) {
    return caller.has(Scope.WRITE);
  }
}
