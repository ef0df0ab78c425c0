package dev.hermes.crds.effective;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hermes.crds.Tool;
import dev.hermes.crds.tenant.TenantSpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A tenant's configuration with its policies resolved. The operator writes it as jsonb to the
 * tenant's row; the control API reads it under row-level security and never asks Kubernetes for a
 * request. Unknown members are ignored, so that an older API can read what a newer operator wrote.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record EffectiveTenant(
    String tenantId,
    String name,
    String displayName,
    boolean suspended,
    long generation,
    @Nullable String namespace,
    EffectiveDatabase database,
    TenantSpec.Models models,
    List<Tool> tools,
    int requestsPerMinute,
    int maxConcurrentSandboxes,
    List<EffectivePolicy> policies,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<TenantSpec.McpServer> mcpServers) {

  public EffectiveTenant {
    // An operator from before there was a choice wrote none.
    database = database == null ? EffectiveDatabase.shared() : database;
    tools = tools == null ? List.of() : List.copyOf(tools);
    policies = policies == null ? List.of() : List.copyOf(policies);
    mcpServers = mcpServers == null ? List.of() : List.copyOf(mcpServers);
  }

  /** The tenant's first policy, which sessions use; empty when the tenant has no sandbox. */
  public Optional<EffectivePolicy> defaultPolicy() {
    return policies.stream().findFirst();
  }

  /** The tenant's policy of this name. */
  public Optional<EffectivePolicy> policy(String name) {
    return policies.stream().filter(policy -> policy.name().equals(name)).findFirst();
  }

  /** What the tenant may use in sandboxes of a policy: what both allow. */
  public Set<Tool> toolsIn(EffectivePolicy policy) {
    Set<Tool> allowed = EnumSet.noneOf(Tool.class);
    allowed.addAll(policy.tools());
    allowed.retainAll(tools);
    return allowed;
  }
}
