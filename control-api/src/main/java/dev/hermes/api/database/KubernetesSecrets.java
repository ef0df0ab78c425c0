package dev.hermes.api.database;

import dev.hermes.database.dedicated.TenantDatabaseSecret;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.util.Objects;
import java.util.Optional;

/** Those of the system namespace; the chart says which ones this process may read. */
@Singleton
final class KubernetesSecrets implements DatabaseSecrets {
  private final BeanProvider<KubernetesClient> kubernetes;
  private final String namespace;

  KubernetesSecrets(
      BeanProvider<KubernetesClient> kubernetes,
      @Value("${hermes.namespace:hermes-system}") String namespace) {
    this.kubernetes = kubernetes;
    this.namespace = namespace;
  }

  @Override
  public Optional<Found> read(String name) {
    try {
      return Optional.ofNullable(
              kubernetes.get().secrets().inNamespace(namespace).withName(name).get())
          .map(KubernetesSecrets::found);
    } catch (KubernetesClientException e) {
      if (e.getCode() == 403) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Found found(Secret secret) {
    return new Found(
        Objects.requireNonNullElse(secret.getType(), ""),
        secret.getMetadata().getUid() + "/" + secret.getMetadata().getResourceVersion(),
        TenantDatabaseSecret.decoded(secret.getData()));
  }
}
