package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.pool.PodWatch;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.pool.PoolTarget;
import dev.hermes.operator.sandboxpolicy.Policies;
import dev.hermes.operator.sandboxpolicy.ResolvedPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Everything of a tenant that exists for its sandboxes: policies, namespace, walls, pool. */
final class SandboxStep {
  private static final Ready NOT_REQUIRED =
      new Ready(Reason.NotRequired, "the tenant lists no sandbox policy");

  private final DatabaseStep database;
  private final NamespaceStep namespaces;
  private final Policies policies;
  private final Plans plans;
  private final PoolController pool;
  private final PodWatch pods;
  private final Halt halt;

  SandboxStep(
      DatabaseStep database,
      NamespaceStep namespaces,
      Policies policies,
      Plans plans,
      PoolController pool,
      PodWatch pods,
      Halt halt) {
    this.database = database;
    this.namespaces = namespaces;
    this.policies = policies;
    this.plans = plans;
    this.pool = pool;
    this.pods = pods;
    this.halt = halt;
  }

  /**
   * @param namespace where sandboxes may be made now
   * @param deletionBlocked what others hold a namespace with that is to go
   */
  record Outcome(
      Optional<String> namespace,
      StepOutcome namespaceReady,
      StepOutcome networkIsolated,
      Optional<String> deletionBlocked) {}

  Outcome run(Tenant tenant, UUID id, Children children) {
    TenantSpec spec = TenantCache.spec(tenant);
    String name = Names.namespaceOf(tenant.getMetadata().getName(), id.toString());
    String uid = tenant.getMetadata().getUid();
    if (spec.sandbox().policies().isEmpty()) {
      pool.forget(uid);
      database.write(tenant, id, Optional.empty(), List.of());
      namespaces.remove(name, uid, id.toString(), children);
      return new Outcome(
          Optional.empty(), NOT_REQUIRED, NOT_REQUIRED, namespaces.blocked(name, children));
    }
    List<String> missing = new ArrayList<>();
    List<ResolvedPolicy> resolved = resolve(spec, children, missing);
    // first what the API must know at once: suspended, narrowed, walls gone
    write(tenant, id, name, resolved, children);
    StepOutcome namespace = ensure(tenant, id, name, resolved, children);
    StepOutcome network = namespace;
    if (namespace.isReady()) {
      database.write(tenant, id, Optional.of(name), resolved);
      network = pool(tenant, id, name, resolved);
    } else {
      pool.forget(uid);
    }
    halt.after(Step.TENANT_POOL);
    if (!missing.isEmpty()) {
      namespace =
          new Waiting(Reason.PolicyMissing, "SandboxPolicy missing: " + String.join(", ", missing));
      network = new Waiting(Reason.WaitingForPolicy, namespace.message());
    }
    return new Outcome(
        namespaces.isUsable(name, uid, children) || namespace.isReady()
            ? Optional.of(name)
            : Optional.empty(),
        namespace,
        network,
        namespaces.blocked(name, children));
  }

  private List<ResolvedPolicy> resolve(TenantSpec spec, Children children, List<String> missing) {
    List<ResolvedPolicy> resolved = new ArrayList<>();
    for (String policy : spec.sandbox().policies()) {
      children
          .find(SandboxPolicy.class, policy)
          .ifPresentOrElse(
              found -> resolved.add(policies.resolve(found)), () -> missing.add(policy));
    }
    return resolved;
  }

  private void write(
      Tenant tenant, UUID id, String name, List<ResolvedPolicy> resolved, Children children) {
    boolean usable = namespaces.isUsable(name, tenant.getMetadata().getUid(), children);
    database.write(tenant, id, usable ? Optional.of(name) : Optional.empty(), resolved);
  }

  private StepOutcome ensure(
      Tenant tenant, UUID id, String name, List<ResolvedPolicy> resolved, Children children) {
    if (resolved.isEmpty()) {
      return new Waiting(Reason.WaitingForPolicy, "no policy of this tenant exists yet");
    }
    return namespaces.ensure(
        new TenantFacts(
            tenant.getMetadata().getName(),
            tenant.getMetadata().getUid(),
            id.toString(),
            name,
            plans.of(TenantCache.spec(tenant)).maxConcurrentSandboxes(),
            resolved),
        children);
  }

  private StepOutcome pool(Tenant tenant, UUID id, String name, List<ResolvedPolicy> resolved) {
    boolean suspended = TenantCache.spec(tenant).suspended();
    String uid = tenant.getMetadata().getUid();
    pool.want(
        new PoolTarget(
            uid,
            tenant.getMetadata().getName(),
            id.toString(),
            name,
            plans.of(TenantCache.spec(tenant)).maxConcurrentSandboxes(),
            resolved.stream().map(ResolvedPolicy::effective).toList(),
            suspended),
        TenantStatuses.isolatedSince(tenant));
    return suspended
        ? new Ready(Reason.Provisioned, "the walls are in place; no sandbox runs")
        : PoolStep.judge(resolved, pods.in(name), policy -> pool.mayBeEmpty(uid, policy));
  }
}
