package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.operator.kube.Deletion;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What the API server says of an object of another UID, which {@link Deletion} knows by its words.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class DeletionUidClusterIT {
  private final KubernetesClient kubernetes = Cluster.get().kubernetes();

  @Test
  @DisplayName("K8S-10 an object of another UID is left alone, and that is no error")
  void otherUid() {
    Secret secret =
        kubernetes
            .resource(
                new SecretBuilder()
                    .withNewMetadata()
                    .withName("of-another-uid")
                    .withNamespace("default")
                    .endMetadata()
                    .build())
            .create();
    Deletion deletion = new Deletion(kubernetes);

    deletion.secret("default", "of-another-uid", "11111111-1111-1111-1111-111111111111");
    assertThat(kubernetes.resource(secret).get()).isNotNull();

    deletion.secret("default", "of-another-uid", secret.getMetadata().getUid());
    assertThat(kubernetes.resource(secret).get()).as("control: the right one goes").isNull();
    deletion.secret("default", "of-another-uid", secret.getMetadata().getUid());
  }
}
