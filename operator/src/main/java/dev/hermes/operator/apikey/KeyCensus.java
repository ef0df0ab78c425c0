package dev.hermes.operator.apikey;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.kube.Conditions;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The APIKeys as the controller's informer has them, by tenant. */
final class KeyCensus {
  private static final String TENANT = "tenant";

  private final IndexerResourceCache<ApiKey> cache;

  KeyCensus(IndexerResourceCache<ApiKey> cache) {
    this.cache = cache;
    cache.addIndexers(Map.of(TENANT, key -> List.of(key.getSpec().tenantRef().name())));
  }

  List<ApiKey> of(String tenant) {
    return cache.byIndex(TENANT, tenant);
  }

  /** All of them. */
  List<ApiKey> all() {
    return cache.list().toList();
  }

  int active(String tenant) {
    return (int) of(tenant).stream().filter(KeyCensus::isReady).count();
  }

  /**
   * Whether the key is among the first {@code most}: those that were issued, then by age. Two that
   * ask at one time for the last place get the same answer from everybody.
   */
  static boolean hasPlace(ApiKey key, List<ApiKey> all, TenantSpec tenant, int most) {
    List<String> places =
        all.stream()
            .filter(other -> other.getMetadata().getDeletionTimestamp() == null)
            .filter(other -> isSame(other, key) || !isRevoked(other))
            .filter(other ->
                KeyCeiling.refusal(tenant, other.getMetadata().getNamespace(), other.getSpec())
                    .isEmpty())
            .sorted(
                Comparator.comparing((ApiKey other) -> !wasIssued(other))
                    .thenComparing(other -> other.getMetadata().getCreationTimestamp())
                    .thenComparing(other -> other.getMetadata().getUid()))
            .limit(most)
            .map(other -> other.getMetadata().getUid())
            .toList();
    return places.contains(key.getMetadata().getUid());
  }

  /** A key that was out of use asks for a place like any other. */
  private static boolean isSame(ApiKey a, ApiKey b) {
    return a.getMetadata().getUid().equals(b.getMetadata().getUid());
  }

  private static boolean wasIssued(ApiKey key) {
    return key.getStatus() != null && key.getStatus().keyId() != null;
  }

  private static boolean isRevoked(ApiKey key) {
    return key.getStatus() != null
        && Conditions.isTrue(key.getStatus().conditions(), ConditionType.Revoked);
  }

  private static boolean isReady(ApiKey key) {
    return key.getStatus() != null
        && Conditions.isTrue(key.getStatus().conditions(), ConditionType.Ready);
  }
}
