package dev.hermes.operator.pool;

import dev.hermes.crds.effective.EffectivePolicy;
import java.util.List;

/**
 * What the pool keeps for one tenant.
 *
 * @param tenantUid UID of the Tenant object
 * @param drained true: no sandbox may live, claimed ones included
 */
public record PoolTarget(
    String tenantUid,
    String tenantName,
    String tenantId,
    String namespace,
    List<EffectivePolicy> policies,
    boolean drained) {}
