package dev.hermes.operator.tenant;

import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The namespaces of which it is in doubt whether a tenant still lists them. To ask it of all of
 * them in each reconciliation would cost the square of the number of tenants.
 */
final class KeyNamespaces {
  private final Map<String, Set<String>> listed = new ConcurrentHashMap<>();
  private final Set<String> doubtful = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean allDoubtful = new AtomicBoolean(true);

  /** What a tenant lists now; what it no longer lists is in doubt. */
  void listed(Tenant tenant) {
    Set<String> now = of(tenant);
    Set<String> before = listed.put(tenant.getMetadata().getUid(), now);
    if (before != null) {
      before.stream().filter(namespace -> !now.contains(namespace)).forEach(doubtful::add);
    }
  }

  void leaves(Tenant tenant) {
    listed.remove(tenant.getMetadata().getUid());
    doubtful.addAll(of(tenant));
  }

  void doubt(String namespace) {
    doubtful.add(namespace);
  }

  /**
   * Ends the doubts that can be ended.
   *
   * @param all where there are rights: asked once, for what happened before this process
   * @param isListed whether a tenant that stays lists a namespace
   * @param takeBack gets each namespace that nobody lists
   */
  void settle(Supplier<Stream<String>> all, Predicate<String> isListed, Consumer<String> takeBack) {
    if (allDoubtful.getAndSet(false)) {
      all.get().forEach(doubtful::add);
    }
    for (String namespace : doubtful) {
      // first out, then looked at: a doubt that comes meanwhile stays
      doubtful.remove(namespace);
      boolean settled = false;
      try {
        if (!isListed.test(namespace)) {
          takeBack.accept(namespace);
        }
        settled = true;
      } finally {
        if (!settled) {
          doubtful.add(namespace);
        }
      }
    }
  }

  private static Set<String> of(Tenant tenant) {
    return TenantCache.spec(tenant).apiKeys().namespaces().stream()
        .map(TenantSpec.KeyNamespace::name)
        .collect(Collectors.toSet());
  }
}
