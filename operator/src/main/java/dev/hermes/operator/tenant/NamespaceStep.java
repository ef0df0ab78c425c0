package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.operator.kube.Apply;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.kube.Failure;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.kube.StepOutcome;
import dev.hermes.operator.kube.StepOutcome.Invalid;
import dev.hermes.operator.kube.StepOutcome.Ready;
import dev.hermes.operator.kube.StepOutcome.Waiting;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The tenant's namespace, which is created and never taken over, and the walls in it. */
final class NamespaceStep {
  private final KubernetesClient kubernetes;
  private final Apply apply;
  private final Deletion deletion;
  private final ApiIdentity api;
  private final Halt halt;

  NamespaceStep(KubernetesClient kubernetes, ApiIdentity api, Halt halt) {
    this.kubernetes = kubernetes;
    this.apply = new Apply(kubernetes, Names.TENANT_FIELD_MANAGER);
    this.deletion = new Deletion(kubernetes);
    this.api = api;
    this.halt = halt;
  }

  /** Whether the namespace is there, ours and staying, as far as the cache knows. */
  boolean isUsable(String namespace, String tenantUid, Children children) {
    return children
        .find(Namespace.class, namespace)
        .filter(live -> isOurs(live, tenantUid) && !isTerminating(live))
        .isPresent();
  }

  StepOutcome ensure(TenantFacts facts, Children children) {
    try {
      StepOutcome namespace = namespace(facts, children);
      halt.after(Step.TENANT_NAMESPACE);
      if (namespace.isReady()) {
        walls(facts, children);
        halt.after(Step.TENANT_POLICIES);
      }
      return namespace;
    } catch (KubernetesClientException e) {
      if (Failure.isTerminating(e)) {
        return terminating(facts.namespace());
      }
      throw e;
    }
  }

  /** The tenant lists no policy any more: what was made for sandboxes goes. */
  void remove(String namespace, String tenantUid, String tenantId, Children children) {
    children
        .find(Namespace.class, namespace)
        .filter(live -> isOurs(live, tenantUid) || isFormer(live, tenantId))
        .filter(live -> !isTerminating(live))
        .ifPresent(live -> deletion.namespace(namespace, live.getMetadata().getUid()));
  }

  /** What others hold the namespace with while it is to go. */
  Optional<String> blocked(String namespace, Children children) {
    return children.find(Namespace.class, namespace).flatMap(NamespaceBlockers::of);
  }

  private StepOutcome namespace(TenantFacts facts, Children children) {
    Namespace desired = TenantDesired.namespace(facts);
    Optional<Namespace> live = children.find(Namespace.class, facts.namespace());
    if (live.isEmpty()) {
      live = create(desired, children);
    }
    if (live.isPresent()) {
      if (!isOurs(live.get(), facts.tenantUid()) && isFormer(live.get(), facts.tenantId())) {
        // sandboxes of the lost object that had this data before; nothing in there is kept
        deletion.namespace(facts.namespace(), live.get().getMetadata().getUid());
        return terminating(facts.namespace());
      }
      if (!isOurs(live.get(), facts.tenantUid())) {
        return new Invalid(
            Reason.NamespaceTaken,
            "namespace " + facts.namespace() + " exists and is not this tenant's; remove it");
      }
      if (isTerminating(live.get())) {
        return terminating(facts.namespace());
      }
      keep(desired, children);
    }
    return new Ready(Reason.Provisioned, "namespace " + facts.namespace());
  }

  /** Empty when it was created; else the one that stood there. */
  private Optional<Namespace> create(Namespace desired, Children children) {
    try {
      children.write(desired, none -> Optional.of(kubernetes.resource(desired).create()));
      return Optional.empty();
    } catch (KubernetesClientException e) {
      Namespace there =
          e.getCode() == 409
              ? kubernetes.namespaces().withName(desired.getMetadata().getName()).get()
              : null;
      if (there == null) {
        // not the name was the conflict: a later try may do
        throw e;
      }
      return Optional.of(there);
    }
  }

  /** Walls first, rights last. */
  private void walls(TenantFacts facts, Children children) {
    keep(TenantDesired.denyAll(facts), children);
    keep(TenantDesired.allowApi(facts, api), children);
    NetworkPolicy wayOut = TenantDesired.allowEgress(facts, api.systemNamespace());
    if (facts.hasWayOut()) {
      keep(wayOut, children);
    } else {
      children.find(wayOut).ifPresent(deletion::networkPolicy);
    }
    keep(TenantDesired.quota(facts), children);
    keep(TenantDesired.limitRange(facts), children);
    keep(TenantDesired.serviceAccount(facts), children);
    RoleBinding binding = TenantDesired.apiBinding(facts, api);
    replaceOtherRole(binding, children);
    keep(binding, children);
  }

  private <T extends HasMetadata> void keep(T desired, Children children) {
    children.write(desired, live -> apply.to(desired, live));
  }

  /** A binding's role cannot be changed, so a binding to another role is deleted. */
  private void replaceOtherRole(RoleBinding desired, Children children) {
    children
        .find(desired)
        .filter(live -> !Objects.equals(live.getRoleRef(), desired.getRoleRef()))
        .ifPresent(deletion::roleBinding);
  }

  static boolean isOurs(Namespace namespace, String tenantUid) {
    Map<String, String> labels = namespace.getMetadata().getLabels();
    return labels != null && tenantUid.equals(labels.get(Names.OWNER_UID));
  }

  /** Made by the operator for this tenant id, when another object had it. */
  private static boolean isFormer(Namespace namespace, String tenantId) {
    Map<String, String> labels = namespace.getMetadata().getLabels();
    return labels != null
        && Names.MANAGED_BY_OPERATOR.equals(labels.get(Names.MANAGED_BY))
        && tenantId.equals(labels.get(Names.TENANT_ID));
  }

  private static boolean isTerminating(Namespace namespace) {
    return namespace.getMetadata().getDeletionTimestamp() != null;
  }

  private static StepOutcome terminating(String namespace) {
    return new Waiting(
        Reason.NamespaceTerminating,
        "namespace " + namespace + " is on its way out; then made anew");
  }
}
