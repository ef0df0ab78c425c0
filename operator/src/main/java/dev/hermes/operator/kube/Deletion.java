package dev.hermes.operator.kube;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.jspecify.annotations.Nullable;

/**
 * Deletes this very object and never one that took its name since: every delete of the operator
 * carries the UID as a precondition.
 */
public final class Deletion {
  private final KubernetesClient kubernetes;

  public Deletion(KubernetesClient kubernetes) {
    this.kubernetes = kubernetes;
  }

  public void namespace(String name, String uid) {
    delete("/api/v1/namespaces/" + name, uid, null);
  }

  /** At once: a sandbox has nothing to say goodbye to. */
  public void pod(String namespace, String name, String uid) {
    delete("/api/v1/namespaces/" + namespace + "/pods/" + name, uid, 0L);
  }

  public void secret(String namespace, String name, String uid) {
    delete("/api/v1/namespaces/" + namespace + "/secrets/" + name, uid, null);
  }

  public void roleBinding(HasMetadata binding) {
    delete(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/"
            + binding.getMetadata().getNamespace()
            + "/rolebindings/"
            + binding.getMetadata().getName(),
        binding.getMetadata().getUid(),
        null);
  }

  /** Gone already, or another object under that name: nothing to do. */
  private void delete(String path, String uid, @Nullable Long graceSeconds) {
    try {
      kubernetes.raw(
          path,
          "DELETE",
          new DeleteOptionsBuilder()
              .withNewPreconditions()
              .withUid(uid)
              .endPreconditions()
              .withGracePeriodSeconds(graceSeconds)
              .build());
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404 && e.getCode() != 409) {
        throw e;
      }
    }
  }
}
