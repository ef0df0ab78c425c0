package dev.hermes.operator.kube;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
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

  public void networkPolicy(HasMetadata policy) {
    delete(
        "/apis/networking.k8s.io/v1/namespaces/"
            + policy.getMetadata().getNamespace()
            + "/networkpolicies/"
            + policy.getMetadata().getName(),
        policy.getMetadata().getUid(),
        null);
  }

  /** One of a kind that others defined, and what hangs on it. */
  public void other(ResourceDefinitionContext kind, HasMetadata object) {
    delete(
        "/apis/"
            + kind.getGroup()
            + "/"
            + kind.getVersion()
            + "/namespaces/"
            + object.getMetadata().getNamespace()
            + "/"
            + kind.getPlural()
            + "/"
            + object.getMetadata().getName(),
        object.getMetadata().getUid(),
        null,
        "Background");
  }

  /** With its pods, which a Job leaves behind when nobody asks for more. */
  public void job(String namespace, String name, String uid) {
    delete("/apis/batch/v1/namespaces/" + namespace + "/jobs/" + name, uid, null, "Background");
  }

  private void delete(String path, String uid, @Nullable Long graceSeconds) {
    delete(path, uid, graceSeconds, null);
  }

  /** Gone already, or another object under that name: nothing to do. */
  private void delete(
      String path, String uid, @Nullable Long graceSeconds, @Nullable String propagation) {
    try {
      kubernetes.raw(
          path,
          "DELETE",
          new DeleteOptionsBuilder()
              .withNewPreconditions()
              .withUid(uid)
              .endPreconditions()
              .withGracePeriodSeconds(graceSeconds)
              .withPropagationPolicy(propagation)
              .build());
    } catch (KubernetesClientException e) {
      // A conflict is our precondition's, in words that differ from version to version, or it is
      // about
      // something else, and the object is still there.
      if (e.getCode() != 404 && (e.getCode() != 409 || isThere(path, uid))) {
        throw e;
      }
    }
  }

  private boolean isThere(String path, String uid) {
    try {
      @Nullable String live = kubernetes.raw(path);
      return live != null
          && Serialization.unmarshal(live, GenericKubernetesResource.class)
              .getMetadata()
              .getUid()
              .equals(uid);
    } catch (KubernetesClientException e) {
      if (e.getCode() == 404) {
        return false;
      }
      throw e;
    }
  }
}
