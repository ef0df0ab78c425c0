package dev.hermes.egress.watch;

import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.egress.access.PolicyState;
import dev.hermes.egress.access.Registry;
import dev.hermes.egress.access.TenantState;
import dev.hermes.egress.destination.AllowList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches sandboxes, Tenants and SandboxPolicies and keeps the registry true. */
public final class ClusterWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ClusterWatch.class);

  private final Registry registry;
  private final List<SharedIndexInformer<?>> informers;
  private volatile boolean started;

  public ClusterWatch(KubernetesClient kubernetes, Registry registry) {
    this.registry = registry;
    SharedIndexInformer<SandboxPolicy> policies =
        kubernetes.resources(SandboxPolicy.class).runnableInformer(0);
    SharedIndexInformer<Tenant> tenants = kubernetes.resources(Tenant.class).runnableInformer(0);
    SharedIndexInformer<Pod> pods =
        kubernetes.pods().inAnyNamespace().withLabel(Names.SANDBOX_STATE).runnableInformer(0);
    follow(policies, ClusterWatch::plain, this::policy, p -> registry.removePolicy(name(p)));
    follow(tenants, ClusterWatch::plain, this::tenant, t -> registry.removeTenant(name(t)));
    follow(
        pods,
        PodReading::trim,
        this::pod,
        pod -> registry.removeSandbox(pod.getMetadata().getUid()));
    this.informers = List.of(policies, tenants, pods);
  }

  /** Returns when all lists are in. */
  public void start() {
    informers.forEach(SharedIndexInformer::run);
    started = true;
  }

  /** Whether everything is known and stays known. */
  public boolean isSynced() {
    return started
        && informers.stream()
            .allMatch(
                informer -> informer.hasSynced() && informer.isRunning() && informer.isWatching());
  }

  private void pod(Pod pod) {
    PodReading.sandbox(pod)
        .ifPresentOrElse(registry::put, () -> registry.removeSandbox(pod.getMetadata().getUid()));
  }

  /** On its way out is as good as gone. */
  private void tenant(Tenant tenant) {
    String id = tenant.getStatus() == null ? null : tenant.getStatus().tenantId();
    String namespace = tenant.getStatus() == null ? null : tenant.getStatus().namespace();
    if (tenant.getMetadata().getDeletionTimestamp() != null
        || tenant.getSpec() == null
        || id == null
        || namespace == null) {
      registry.removeTenant(name(tenant));
      return;
    }
    registry.put(
        new TenantState(
            name(tenant),
            id,
            namespace,
            tenant.getSpec().suspended(),
            Set.copyOf(tenant.getSpec().sandbox().policies())));
  }

  private void policy(SandboxPolicy policy) {
    SandboxPolicySpec.Network network =
        policy.getSpec() == null ? SandboxPolicySpec.Network.none() : policy.getSpec().network();
    AllowList egress = AllowList.of(network.egress());
    if (!egress.ignored().isEmpty()) {
      log.warn("SandboxPolicy {}: not understood: {}", name(policy), egress.ignored());
    }
    registry.put(new PolicyState(name(policy), egress, network.callback()));
  }

  private static <T extends HasMetadata> void follow(
      SharedIndexInformer<T> informer,
      UnaryOperator<T> trim,
      Consumer<T> changed,
      Consumer<T> gone) {
    informer.itemStore(new Store<>(trim));
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(T item) {
            changed.accept(item);
          }

          @Override
          public void onUpdate(T before, T item) {
            changed.accept(item);
          }

          @Override
          public void onDelete(T item, boolean unknown) {
            gone.accept(item);
          }
        });
  }

  private static <T extends HasMetadata> T plain(T item) {
    item.getMetadata().setManagedFields(null);
    return item;
  }

  private static String name(HasMetadata item) {
    return Objects.requireNonNull(item.getMetadata().getName());
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::close);
  }
}
