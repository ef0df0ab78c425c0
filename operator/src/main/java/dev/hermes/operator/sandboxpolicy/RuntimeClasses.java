package dev.hermes.operator.sandboxpolicy;

import dev.hermes.operator.kube.TrimmedStore;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Optional;
import java.util.function.Consumer;

/** The RuntimeClasses of the cluster; few, so all are watched. */
public final class RuntimeClasses implements AutoCloseable {
  private final SharedIndexInformer<RuntimeClass> informer;

  public RuntimeClasses(KubernetesClient kubernetes) {
    this.informer = kubernetes.resources(RuntimeClass.class).runnableInformer(0);
    informer.itemStore(
        new TrimmedStore<>(item -> {
          item.getMetadata().setManagedFields(null);
          return item;
        }));
  }

  /**
   * Starts watching and returns when the first list is in.
   *
   * @param onChange gets the name of a class that came, changed or went
   */
  public void start(Consumer<String> onChange) {
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(RuntimeClass item) {
            onChange.accept(item.getMetadata().getName());
          }

          @Override
          public void onUpdate(RuntimeClass before, RuntimeClass item) {
            onChange.accept(item.getMetadata().getName());
          }

          @Override
          public void onDelete(RuntimeClass item, boolean unknown) {
            onChange.accept(item.getMetadata().getName());
          }
        });
    informer.run();
  }

  public Optional<RuntimeClass> find(String name) {
    return Optional.ofNullable(informer.getStore().getByKey(name));
  }

  @Override
  public void close() {
    informer.close();
  }
}
