package dev.hermes.operator.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.operator.cluster.Cluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class SecretsClusterIT {
  private static final String NAMESPACE = "bootstrap-test";
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void namespace() {
    kubernetes = Cluster.get().kubernetes();
    kubernetes
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
  }

  private static void run() {
    new SecretsMain(kubernetes, NAMESPACE, new SecureRandom()).run(true);
  }

  private static Map<String, Map<String, String>> all() {
    Map<String, Map<String, String>> all = new HashMap<>();
    for (Secret secret : kubernetes.secrets().inNamespace(NAMESPACE).list().getItems()) {
      all.put(secret.getMetadata().getName(), BootstrapSecrets.values(secret));
    }
    return all;
  }

  @Test
  @DisplayName("what exists is never changed, and what a crash left out is added to match")
  void repeated() {
    run();
    Map<String, Map<String, String>> before = all();
    kubernetes.secrets().inNamespace(NAMESPACE).withName("hermes-db-api").delete();
    kubernetes.configMaps().inNamespace(NAMESPACE).withName("hermes-signing-public").delete();

    run();

    assertThat(all()).isEqualTo(before).hasSize(9);
    assertThat(
            kubernetes
                .configMaps()
                .inNamespace(NAMESPACE)
                .withName("hermes-signing-public")
                .get()
                .getData())
        .containsKey("public.pem");
  }
}
