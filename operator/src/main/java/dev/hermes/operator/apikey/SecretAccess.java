package dev.hermes.operator.apikey;

import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.operator.kube.Deletion;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.jspecify.annotations.Nullable;

/** The Secret of one key, by name; the operator watches no Secrets. */
final class SecretAccess {
  private final KubernetesClient kubernetes;
  private final Deletion deletion;

  SecretAccess(KubernetesClient kubernetes) {
    this.kubernetes = kubernetes;
    this.deletion = new Deletion(kubernetes);
  }

  @Nullable Secret read(ApiKey key) {
    return kubernetes
        .secrets()
        .inNamespace(key.getMetadata().getNamespace())
        .withName(KeySecret.name(key))
        .get();
  }

  /**
   * Create only: whoever came first keeps the name, and is what is returned. When nobody has it,
   * the conflict was about something else, such as a quota that changed, and a later try may do.
   */
  Secret create(ApiKey key, Secret desired) {
    try {
      return kubernetes.resource(desired).create();
    } catch (KubernetesClientException e) {
      Secret there = e.getCode() == 409 ? read(key) : null;
      if (there == null) {
        throw e;
      }
      return there;
    }
  }

  /** Only over the version that was read: a slower leader's write is refused with 409. */
  void replace(Secret read, Secret desired) {
    desired.getMetadata().setResourceVersion(read.getMetadata().getResourceVersion());
    desired.getMetadata().setUid(read.getMetadata().getUid());
    kubernetes.resource(desired).update();
  }

  void delete(Secret secret) {
    deletion.secret(
        secret.getMetadata().getNamespace(),
        secret.getMetadata().getName(),
        secret.getMetadata().getUid());
  }
}
