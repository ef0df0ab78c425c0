package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.sandbox.agent.AgentPool;
import dev.hermes.sandbox.agent.AgentSandbox;
import dev.hermes.sandbox.pod.SandboxPodRequest;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The pools that the controller of agent-sandbox fills: one SandboxTemplate and one SandboxWarmPool
 * for each tenant and policy with that backend. For the pool's thread, but for {@link #clear}.
 */
final class AgentPools {
  private final KubernetesClient kubernetes;
  private final BooleanSupplier served;
  private final Supplier<String> publicKeys;
  private final AgentObjects templates;
  private final AgentObjects pools;
  private boolean looked;

  /**
   * @param served whether the cluster has the kinds and this process may write them
   */
  AgentPools(KubernetesClient kubernetes, BooleanSupplier served, Supplier<String> publicKeys) {
    this.kubernetes = kubernetes;
    this.served = served;
    this.publicKeys = publicKeys;
    this.templates = new AgentObjects(kubernetes, AgentSandbox.TEMPLATES);
    this.pools = new AgentObjects(kubernetes, AgentSandbox.POOLS);
  }

  /** Called every ten seconds. Before the first look nothing is written. */
  void look() {
    looked = false;
    if (served.getAsBoolean()) {
      templates.look();
      pools.look();
      looked = true;
    }
  }

  /**
   * Brings a tenant's objects to what its policies want.
   *
   * @param pods of the tenant
   * @param warm unclaimed pods wanted, by the policy's name
   */
  void keep(PoolTarget target, List<Pod> pods, Map<String, Integer> warm) {
    if (!looked) {
      return;
    }
    Set<String> wanted = new HashSet<>();
    if (!target.drained()) {
      for (EffectivePolicy policy : target.of(Backend.AgentSandbox).policies()) {
        wanted.add(AgentPool.nameOf(policy));
        keep(target, policy, replicas(policy, pods, warm.getOrDefault(policy.name(), 0)));
      }
    }
    // the pool first: without its template it would only complain
    deleteAllBut(wanted, pools, target.namespace());
    deleteAllBut(wanted, templates, target.namespace());
  }

  /** As {@link PoolPlan} fills a pool of ours; none of a policy that cannot be used. */
  private static int replicas(EffectivePolicy policy, List<Pod> pods, int warm) {
    int claimed =
        (int)
            pods.stream()
                .filter(pod -> PodFacts.isClaimed(pod) && !PodFacts.hasEnded(pod))
                .filter(pod -> PodFacts.label(pod, Names.POLICY).equals(policy.name()))
                .count();
    return policy.unavailable() == null ? Math.clamp(policy.pool().max() - claimed, 0, warm) : 0;
  }

  /**
   * The template of a policy that cannot be used stays as it was: what it names may be what is
   * wrong.
   */
  private void keep(PoolTarget target, EffectivePolicy policy, int replicas) {
    SandboxPodRequest request =
        SandboxPodRequest.warm(
            target.tenantId(), target.tenantName(), target.namespace(), policy, publicKeys.get());
    if (policy.unavailable() == null) {
      templates.apply(AgentPool.template(request));
    }
    pools.apply(AgentPool.pool(request, replicas));
  }

  private static void deleteAllBut(Set<String> wanted, AgentObjects objects, String namespace) {
    for (GenericKubernetesResource object : objects.in(namespace)) {
      if (!wanted.contains(object.getMetadata().getName())) {
        objects.delete(object);
      }
    }
  }

  /** Whatever has pods made in a namespace goes, for its pods are to go; any thread. */
  void clear(String namespace) {
    if (!served.getAsBoolean()) {
      return;
    }
    Deletion deletion = new Deletion(kubernetes);
    for (var kind : List.of(AgentSandbox.POOLS, AgentSandbox.CLAIMS, AgentSandbox.TEMPLATES)) {
      kubernetes
          .genericKubernetesResources(kind)
          .inNamespace(namespace)
          .withLabel(Names.TENANT_ID)
          .list()
          .getItems()
          .forEach(object -> deletion.other(kind, object));
    }
  }
}
