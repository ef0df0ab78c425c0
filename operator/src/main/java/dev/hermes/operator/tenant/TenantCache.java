package dev.hermes.operator.tenant;

import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The Tenants as the controller's informer has them, found by what they list. */
final class TenantCache {
  private static final String POLICY = "policy";
  private static final String KEY_NAMESPACE = "keyNamespace";

  private final IndexerResourceCache<Tenant> cache;

  TenantCache(IndexerResourceCache<Tenant> cache) {
    this.cache = cache;
    cache.addIndexers(
        Map.of(
            POLICY,
            tenant -> spec(tenant).sandbox().policies(),
            KEY_NAMESPACE,
            tenant ->
                spec(tenant).apiKeys().namespaces().stream()
                    .map(TenantSpec.KeyNamespace::name)
                    .toList()));
  }

  List<Tenant> withPolicy(String policy) {
    return cache.byIndex(POLICY, policy);
  }

  List<Tenant> withKeyNamespace(String namespace) {
    return cache.byIndex(KEY_NAMESPACE, namespace);
  }

  Stream<Tenant> all() {
    return cache.list();
  }

  static TenantSpec spec(Tenant tenant) {
    return tenant.getSpec() == null ? TenantSpec.defaults() : tenant.getSpec();
  }
}
