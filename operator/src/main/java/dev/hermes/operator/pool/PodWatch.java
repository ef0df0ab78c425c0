package dev.hermes.operator.pool;

import dev.hermes.crds.Names;
import dev.hermes.operator.kube.TrimmedStore;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The sandbox pods of all tenants, trimmed; the only pods the operator caches. Those of
 * agent-sandbox have no state until they are claimed, but each names its policy.
 */
public final class PodWatch implements AutoCloseable {
  private final SharedIndexInformer<Pod> informer;

  public PodWatch(KubernetesClient kubernetes) {
    this.informer = kubernetes.pods().inAnyNamespace().withLabel(Names.POLICY).runnableInformer(0);
    informer.itemStore(new TrimmedStore<>(PodFacts::trim));
  }

  /**
   * Starts watching and returns when the first list is in.
   *
   * @param onChange gets each pod that came, went, or changed in what anybody reads of it
   */
  public void start(Consumer<Pod> onChange) {
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(Pod pod) {
            onChange.accept(pod);
          }

          @Override
          public void onUpdate(Pod before, Pod pod) {
            if (PodFacts.differ(before, pod)) {
              onChange.accept(pod);
            }
          }

          @Override
          public void onDelete(Pod pod, boolean unknown) {
            onChange.accept(pod);
          }
        });
    informer.run();
  }

  public List<Pod> in(String namespace) {
    return new ArrayList<>(informer.getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace));
  }

  public List<Pod> all() {
    return informer.getStore().list();
  }

  public boolean isHealthy() {
    return informer.isRunning() && informer.isWatching();
  }

  @Override
  public void close() {
    informer.close();
  }
}
