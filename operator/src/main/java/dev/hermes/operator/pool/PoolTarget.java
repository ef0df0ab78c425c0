package dev.hermes.operator.pool;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import java.util.List;

/**
 * What the pool keeps for one tenant.
 *
 * @param tenantUid UID of the Tenant object
 * @param maxConcurrent most sandboxes that may be claimed at one time
 * @param drained true: no sandbox may live, claimed ones included
 */
public record PoolTarget(
    String tenantUid,
    String tenantName,
    String tenantId,
    String namespace,
    int maxConcurrent,
    List<EffectivePolicy> policies,
    boolean drained) {
  public PoolTarget {
    policies = List.copyOf(policies);
  }

  /** The part of it whose pods this backend makes. */
  PoolTarget of(Backend backend) {
    return new PoolTarget(
        tenantUid,
        tenantName,
        tenantId,
        namespace,
        maxConcurrent,
        policies.stream().filter(policy -> policy.backend() == backend).toList(),
        drained);
  }
}
