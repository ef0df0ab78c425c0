package dev.hermes.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
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
   * @return the object as the API server has it after the write; empty when nothing was written
   */
  public <T extends HasMetadata> Optional<T> to(T desired, Optional<T> live) {
    if (live.filter(object -> Drift.none(desired, object)).isPresent()) {
      return Optional.empty();
    }
    T applied =
        kubernetes.resource(desired).fieldManager(fieldManager).forceConflicts().serverSideApply();
    T written = Drift.none(desired, applied) ? applied : replace(desired, applied);
    live.ifPresent(object ->
        log.info(
            "healed {} {}/{}",
            desired.getKind(),
            desired.getMetadata().getNamespace(),
            desired.getMetadata().getName()));
    return Optional.of(written);
  }

  private <T extends HasMetadata> T replace(T desired, T applied) {
    T exact = kubernetes.getKubernetesSerialization().clone(desired);
    exact.getMetadata().setResourceVersion(applied.getMetadata().getResourceVersion());
    exact
        .getMetadata()
        .setLabels(
            withOthers(applied.getMetadata().getLabels(), desired.getMetadata().getLabels()));
    exact
        .getMetadata()
        .setAnnotations(
            withOthers(
                applied.getMetadata().getAnnotations(), desired.getMetadata().getAnnotations()));
    return kubernetes.resource(exact).update();
  }

  /** Labels and annotations that others set are theirs, even where a rule they added is not. */
  private static Map<String, String> withOthers(
      @Nullable Map<String, String> live, @Nullable Map<String, String> desired) {
    Map<String, String> all = new TreeMap<>(live == null ? Map.of() : live);
    all.putAll(desired == null ? Map.of() : desired);
    return all;
  }
}
