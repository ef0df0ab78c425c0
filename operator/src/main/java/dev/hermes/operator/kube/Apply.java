package dev.hermes.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a child of ours to its desired state by server-side apply, and writes nothing when it is
 * there. What others added where nothing may be added is taken out by an update.
 */
public final class Apply {
  private static final Logger log = LoggerFactory.getLogger(Apply.class);

  private final KubernetesClient kubernetes;
  private final String fieldManager;

  public Apply(KubernetesClient kubernetes, String fieldManager) {
    this.kubernetes = kubernetes;
    this.fieldManager = fieldManager;
  }

  /**
   * @param live the object as the cache knows it
   * @return whether something was written
   */
  public <T extends HasMetadata> boolean to(T desired, Optional<T> live) {
    if (live.filter(object -> Drift.none(desired, object)).isPresent()) {
      return false;
    }
    T applied =
        kubernetes.resource(desired).fieldManager(fieldManager).forceConflicts().serverSideApply();
    if (!Drift.none(desired, applied)) {
      replace(desired, applied);
    }
    live.ifPresent(object ->
        log.info(
            "healed {} {}/{}",
            desired.getKind(),
            desired.getMetadata().getNamespace(),
            desired.getMetadata().getName()));
    return true;
  }

  private <T extends HasMetadata> void replace(T desired, T applied) {
    T exact = kubernetes.getKubernetesSerialization().clone(desired);
    exact.getMetadata().setResourceVersion(applied.getMetadata().getResourceVersion());
    kubernetes.resource(exact).update();
  }
}
