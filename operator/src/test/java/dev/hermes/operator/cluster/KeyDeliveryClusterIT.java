package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class KeyDeliveryClusterIT {
  private static final String NAMESPACE = "lonely-apps";

  @Test
  @DisplayName(
      "K8S-4 with the last tenant that lists a namespace go the operator's rights to its Secrets")
  void rightsEndWithTheTenant() {
    Cluster cluster = Cluster.get();
    KubernetesClient kubernetes = cluster.kubernetes();
    kubernetes
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    Tenant tenant = kubernetes.resource(Cluster.tenant("lonely")).create();
    kubernetes
        .resource(tenant)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"spec":{"apiKeys":{"namespaces":[
              {"name":"%s","roles":["user"],"scopes":["read"]}]}}}\
            """
                .formatted(NAMESPACE));
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually("rights are there", () -> binding(kubernetes) != null);

      kubernetes.resource(tenant).delete();
      Cluster.eventually("tenant gone", () -> cluster.tenant(tenant) == null);

      assertThat(binding(kubernetes)).isNull();
    }
  }

  private static RoleBinding binding(KubernetesClient kubernetes) {
    return kubernetes
        .rbac()
        .roleBindings()
        .inNamespace(NAMESPACE)
        .withName(Names.KEY_ROLE_BINDING)
        .get();
  }
}
