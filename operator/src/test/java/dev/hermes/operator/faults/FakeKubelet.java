package dev.hermes.operator.faults;

import dev.hermes.crds.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;

/** Says of each sandbox pod that it runs and is Ready; no container is ever started. */
final class FakeKubelet implements AutoCloseable {
  private static final String READY =
      """
      {"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True",\
      "lastTransitionTime":"2026-01-01T00:00:00Z"}]}}\
      """;

  private final KubernetesClient kubernetes;
  private final SharedIndexInformer<Pod> pods;

  FakeKubelet(KubernetesClient kubernetes) {
    this.kubernetes = kubernetes;
    this.pods =
        kubernetes
            .pods()
            .inAnyNamespace()
            .withLabel(Names.SANDBOX_STATE)
            .inform(
                new ResourceEventHandler<>() {
                  @Override
                  public void onAdd(Pod pod) {
                    run(pod);
                  }

                  @Override
                  public void onUpdate(Pod before, Pod pod) {}

                  @Override
                  public void onDelete(Pod pod, boolean unknown) {}
                });
  }

  private void run(Pod pod) {
    try {
      kubernetes
          .resource(pod)
          .subresource("status")
          .patch(PatchContext.of(PatchType.JSON_MERGE), READY);
    } catch (KubernetesClientException e) {
      // deleted already
      if (e.getCode() != 404) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    pods.close();
  }
}
