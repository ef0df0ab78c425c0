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

/** The operator's rights to Secrets: in the namespaces that a Tenant lists and nowhere else. */
final class KeyDeliveryStep {
  private final Apply apply;
  private final Deletion deletion;
  private final ApiIdentity api;
  private final KeyNamespaces namespaces = new KeyNamespaces();

  KeyDeliveryStep(KubernetesClient kubernetes, ApiIdentity api) {
    this.apply = new Apply(kubernetes, Names.TENANT_FIELD_MANAGER);
    this.deletion = new Deletion(kubernetes);
    this.api = api;
  }

  void ensure(Tenant tenant, Children children) {
    namespaces.listed(tenant);
    for (TenantSpec.KeyNamespace allowed : TenantCache.spec(tenant).apiKeys().namespaces()) {
      bind(TenantDesired.keyDelivery(allowed.name(), api), children);
    }
  }

  /**
   * Takes back the rights in namespaces that no tenant lists any more; one that ends lists none.
   */
  void sweep(TenantCache tenants, Children children) {
    namespaces.settle(
        () -> children.keyDeliveryBindings().map(binding -> binding.getMetadata().getNamespace()),
        namespace ->
            tenants.withKeyNamespace(namespace).stream()
                .anyMatch(tenant -> tenant.getMetadata().getDeletionTimestamp() == null),
        namespace ->
            children
                .find(RoleBinding.class, namespace, Names.KEY_ROLE_BINDING)
                .ifPresent(deletion::roleBinding));
  }

  /** The tenant goes, and perhaps with it the last reason for rights in a namespace. */
  void leaves(Tenant tenant) {
    namespaces.leaves(tenant);
  }

  /** Something happened to a binding in this namespace. */
  void doubt(String namespace) {
    namespaces.doubt(namespace);
  }

  private void bind(RoleBinding desired, Children children) {
    children
        .find(desired)
        .filter(binding -> !Objects.equals(binding.getRoleRef(), desired.getRoleRef()))
        .ifPresent(deletion::roleBinding);
    try {
      children.write(desired, live -> apply.to(desired, live));
    } catch (KubernetesClientException e) {
      // a namespace that is not there, or leaving, holds no key: looked at again when one asks
      if (e.getCode() != 404 && !Failure.isTerminating(e)) {
        throw e;
      }
    }
  }
}
