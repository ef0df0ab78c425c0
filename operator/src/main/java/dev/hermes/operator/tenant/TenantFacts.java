package dev.hermes.operator.tenant;

import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import java.util.List;

/** All that a tenant's objects in Kubernetes are made of. */
record TenantFacts(
    String tenantName,
    String tenantUid,
    String tenantId,
    String namespace,
    int maxConcurrent,
    List<ResolvedPolicy> policies) {

  /** Whether some sandbox of the tenant has a way out, and a proxy that guards it. */
  boolean hasWayOut() {
    return policies.stream().anyMatch(policy -> policy.effective().egressProxy() != null);
  }
}
