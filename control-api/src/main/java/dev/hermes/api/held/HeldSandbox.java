package dev.hermes.api.held;

import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.crds.effective.EffectivePolicy;
import java.util.Optional;

/**
 * A live sandbox that an app holds.
 *
 * @param policy absent when the tenant lost it after the sandbox was made
 */
public record HeldSandbox(HeldLease lease, Optional<EffectivePolicy> policy) {}
