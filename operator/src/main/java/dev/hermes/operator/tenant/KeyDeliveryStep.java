package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.kube.Apply;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.kube.Failure;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Objects;
import java.util.Optional;

/** The operator's rights to Secrets: in the namespaces that a Tenant lists and nowhere else. */
final class KeyDeliveryStep {
  private final Apply apply;
  private final Deletion deletion;
  private final ApiIdentity api;

  KeyDeliveryStep(KubernetesClient kubernetes, ApiIdentity api) {
    this.apply = new Apply(kubernetes, Names.TENANT_FIELD_MANAGER);
    this.deletion = new Deletion(kubernetes);
    this.api = api;
  }

  void ensure(Tenant tenant, Children children) {
    for (TenantSpec.KeyNamespace allowed : TenantCache.spec(tenant).apiKeys().namespaces()) {
      bind(TenantDesired.keyDelivery(allowed.name(), api), children);
    }
  }

  /** Takes back the rights in namespaces that no tenant lists any more. */
  void sweep(TenantCache tenants, Children children) {
    children
        .keyDeliveryBindings()
        .filter(binding -> tenants.withKeyNamespace(binding.getMetadata().getNamespace()).isEmpty())
        .toList()
        .forEach(deletion::roleBinding);
  }

  private void bind(RoleBinding desired, Children children) {
    Optional<RoleBinding> live = children.find(desired);
    live.filter(binding -> !Objects.equals(binding.getRoleRef(), desired.getRoleRef()))
        .ifPresent(deletion::roleBinding);
    try {
      apply.to(desired, live);
    } catch (KubernetesClientException e) {
      // a namespace that is not there, or leaving, holds no key: looked at again when one asks
      if (e.getCode() != 404 && !Failure.isTerminating(e)) {
        throw e;
      }
    }
  }
}
