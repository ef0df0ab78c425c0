package dev.hermes.api.tool;

import dev.hermes.api.identity.Principal;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import java.util.Optional;
import java.util.Set;

/**
 * Tenant ∩ SandboxPolicy ∩ the key's scopes: what may run at all. Code in a sandbox runs no more of
 * it, or one request could make sandboxes without end.
 */
final class ToolPolicy {
  private ToolPolicy() {}

  /** The policy of the tenant's sandboxes; empty when it has none. */
  static Optional<EffectivePolicy> sandboxPolicy(EffectiveTenant tenant) {
    return tenant.namespace() == null ? Optional.empty() : tenant.defaultPolicy();
  }

  static Set<Tool> allowed(Principal caller, EffectiveTenant tenant) {
    return caller.has(Scope.EXECUTE) && caller.sandbox().isEmpty()
        ? sandboxPolicy(tenant).map(tenant::toolsIn).orElse(Set.of())
        : Set.of();
  }
}
