package dev.hermes.operator.tenant;

import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;

/**
 * The namespace and the walls that a tenant of one policy gets, for a namespace that is no
 * tenant's: what the canary proves in there, it proves of tenants.
 *
 * @param walls in the order in which they are made
 * @param wayOut to the egress proxy
 * @param open whether the way out stands
 */
public record TenantWalls(
    Namespace namespace, List<HasMetadata> walls, NetworkPolicy wayOut, boolean open) {

  /**
   * @param name stands for the tenant's name, {@code id} for its id, in labels
   */
  public static TenantWalls of(
      String name, String id, String namespace, ResolvedPolicy policy, ApiIdentity api) {
    TenantFacts facts = new TenantFacts(name, id, id, namespace, 1, List.of(policy));
    return new TenantWalls(
        TenantDesired.namespace(facts),
        List.of(
            TenantDesired.denyAll(facts),
            TenantDesired.allowApi(facts, api),
            TenantDesired.quota(facts),
            TenantDesired.limitRange(facts),
            TenantDesired.serviceAccount(facts)),
        TenantDesired.allowEgress(facts, api.systemNamespace()),
        facts.hasWayOut());
  }
}
