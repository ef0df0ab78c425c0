package dev.hermes.operator.tenant;

import dev.hermes.crds.Names;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the Tenant controller watches beside Tenants: the objects it made, by label, and the
 * policies. A change of any of them leads to another look at its tenant.
 */
final class Children {
  private static final String OURS = Names.MANAGED_BY + "=" + Names.MANAGED_BY_OPERATOR;

  private final Map<Class<?>, InformerEventSource<?, Tenant>> sources = new HashMap<>();
  private final OwnWrites ownWrites = new OwnWrites(System::nanoTime);
  private final TenantCache tenants;
  private final Consumer<String> onKeyBinding;

  /**
   * @param onKeyBinding gets the namespace of each right to Secrets that came, changed or went
   */
  Children(EventSourceContext<Tenant> context, TenantCache tenants, Consumer<String> onKeyBinding) {
    this.tenants = tenants;
    this.onKeyBinding = onKeyBinding;
    for (Class<? extends HasMetadata> kind :
        List.of(
            Namespace.class,
            ResourceQuota.class,
            LimitRange.class,
            NetworkPolicy.class,
            ServiceAccount.class)) {
      watch(context, kind, OURS, Children::byLabel);
    }
    watch(context, RoleBinding.class, OURS, this::ofBinding);
    watch(
        context,
        SandboxPolicy.class,
        null,
        policy -> ids(tenants.withPolicy(policy.getMetadata().getName()).stream()));
  }

  List<EventSource<?, Tenant>> eventSources() {
    return new ArrayList<>(sources.values());
  }

  <T extends HasMetadata> Optional<T> find(Class<T> kind, @Nullable String namespace, String name) {
    return ownWrites.newest(
        kind, namespace, name, source(kind).get(new ResourceID(name, namespace)));
  }

  <T extends HasMetadata> Optional<T> find(Class<T> kind, String name) {
    return ownWrites.newest(kind, null, name, source(kind).get(new ResourceID(name)));
  }

  <T extends HasMetadata> Optional<T> find(T desired) {
    return find(
        kind(desired), desired.getMetadata().getNamespace(), desired.getMetadata().getName());
  }

  /**
   * Writes an object of ours, and knows it from then on as it was answered.
   *
   * @param write gets the object as far as it is known, and gives what was written, if anything
   */
  <T extends HasMetadata> void write(T desired, UnaryOperator<Optional<T>> write) {
    Class<T> kind = kind(desired);
    String namespace = desired.getMetadata().getNamespace();
    String name = desired.getMetadata().getName();
    Optional<T> cached = source(kind).get(new ResourceID(name, namespace));
    write
        .apply(ownWrites.newest(kind, namespace, name, cached))
        .ifPresent(written -> ownWrites.add(written, cached));
  }

  /** Our rights to Secrets, wherever they are. */
  Stream<RoleBinding> keyDeliveryBindings() {
    return source(RoleBinding.class)
        .list(binding -> Names.KEY_ROLE_BINDING.equals(binding.getMetadata().getName()));
  }

  private <T extends HasMetadata> void watch(
      EventSourceContext<Tenant> context,
      Class<T> kind,
      @Nullable String selector,
      SecondaryToPrimaryMapper<T> mapper) {
    InformerEventSourceConfiguration<T> configuration =
        InformerEventSourceConfiguration.from(kind, Tenant.class)
            .withName(kind.getSimpleName().toLowerCase(Locale.ROOT))
            .withWatchAllNamespaces()
            .withLabelSelector(selector)
            .withSecondaryToPrimaryMapper(object -> {
              ownWrites.told(object);
              return mapper.toPrimaryResourceIDs(object);
            })
            // no index from primary to secondary: objects are found by name
            .withPrimaryToSecondaryMapper(tenant -> Set.of())
            .build();
    sources.put(kind, new InformerEventSource<>(configuration, context));
  }

  @SuppressWarnings("unchecked")
  private static <T extends HasMetadata> Class<T> kind(T object) {
    return (Class<T>) object.getClass();
  }

  @SuppressWarnings("unchecked")
  private <T extends HasMetadata> InformerEventSource<T, Tenant> source(Class<T> kind) {
    return (InformerEventSource<T, Tenant>) Objects.requireNonNull(sources.get(kind));
  }

  private Set<ResourceID> ofBinding(RoleBinding binding) {
    if (!Names.KEY_ROLE_BINDING.equals(binding.getMetadata().getName())) {
      return byLabel(binding);
    }
    String namespace = binding.getMetadata().getNamespace();
    onKeyBinding.accept(namespace);
    return ids(tenants.withKeyNamespace(namespace).stream());
  }

  private static Set<ResourceID> byLabel(HasMetadata child) {
    Map<String, String> labels = child.getMetadata().getLabels();
    String tenant = labels == null ? null : labels.get(Names.TENANT);
    return tenant == null ? Set.of() : Set.of(new ResourceID(tenant));
  }

  private static Set<ResourceID> ids(Stream<Tenant> tenants) {
    return tenants.map(ResourceID::fromResource).collect(Collectors.toSet());
  }
}
