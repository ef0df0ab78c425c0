package dev.hermes.api.tool;

import dev.hermes.api.identity.Principal;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Tenant ∩ SandboxPolicy ∩ the key's scopes: what may run at all. */
final class ToolPolicy {
  private ToolPolicy() {}

  /** The policy of the tenant's sandboxes; empty when it has none. */
  static Optional<EffectivePolicy> sandboxPolicy(EffectiveTenant tenant) {
    return tenant.namespace() == null ? Optional.empty() : tenant.defaultPolicy();
  }

  static Set<Tool> allowed(Principal caller, EffectiveTenant tenant) {
    Set<Tool> allowed = EnumSet.noneOf(Tool.class);
    if (caller.has(Scope.EXECUTE)) {
      sandboxPolicy(tenant).ifPresent(policy -> allowed.addAll(policy.tools()));
      allowed.retainAll(tenant.tools());
    }
    return allowed;
  }
}
