package dev.hermes.api.sandbox;

import dev.hermes.crds.egress.SandboxEgress;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.util.Optional;

/** The pods of sandboxes that apps hold by name, between {@link HeldLeases#reserve} and the end. */
@Singleton
public final class HeldPods {
  private final Claiming claiming;

  HeldPods(Claiming claiming) {
    this.claiming = claiming;
  }

  /** Gets a Ready pod for a reserved lease; otherwise says why there is none, and it is over. */
  public Optional<Execution> claim(SandboxHold hold) throws InterruptedException {
    return claiming.claim(hold);
  }

  /** Ends lease and pod. When the cluster does not answer, the operator ends the pod. */
  public void end(TenantId tenant, HeldLease lease) {
    claiming.end(tenant, lease.id(), lease.namespace(), lease.pod());
  }

  /**
   * Changes what the sandbox may reach of what its policy allows, from a moment later on.
   *
   * @param egress empty: all that the policy allows
   * @return why not; empty when it is done
   */
  public Optional<String> narrow(HeldLease lease, Optional<SandboxEgress> egress) {
    return lease.pod().isEmpty()
        ? Optional.of("the sandbox is being made")
        : claiming.narrow(lease.namespace(), lease.pod().get(), egress);
  }
}
