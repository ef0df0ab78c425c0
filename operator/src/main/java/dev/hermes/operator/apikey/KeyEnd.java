package dev.hermes.operator.apikey;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeyStatus;
import dev.hermes.operator.kube.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key that will end unless somebody does something.
 *
 * @param tenant its Tenant's name
 * @param key namespace and name of the APIKey
 * @param in negative when the end is past and the key is not looked at yet
 */
public record KeyEnd(String tenant, String key, Duration in) {
  /** A key that ends later is nobody's business yet. */
  static final Duration HORIZON = Duration.ofDays(30);

  /** So many are told; each is a series. */
  static final int MOST = 500;

  /** A rotation that the operator is so late with may not come. */
  private static final Duration LATE = Duration.ofHours(1);

  /** Those of the keys that end within 30 days, at most 500, the first to end first; pure. */
  static List<KeyEnd> of(Collection<ApiKey> keys, Instant now) {
    return keys.stream()
        .flatMap(key -> of(key, now).stream())
        .filter(end -> end.in().compareTo(HORIZON) <= 0)
        .sorted(Comparator.comparing(KeyEnd::in).thenComparing(KeyEnd::key))
        .limit(MOST)
        .toList();
  }

  private static Optional<KeyEnd> of(ApiKey key, Instant now) {
    ApiKeyStatus status = key.getStatus();
    if (status == null
        || status.expiresAt() == null
        || Conditions.isTrue(status.conditions(), ConditionType.Revoked)
        || isReplaced(key, status.nextRotationAt(), now)) {
      return Optional.empty();
    }
    return Optional.of(
        new KeyEnd(
            key.getSpec().tenantRef().name(),
            key.getMetadata().getNamespace() + "/" + key.getMetadata().getName(),
            Duration.between(now, Instant.parse(status.expiresAt()))));
  }

  /** Whether the operator makes the next key in time: its schedule is before the key's end. */
  private static boolean isReplaced(ApiKey key, @Nullable String next, Instant now) {
    return next != null
        && key.getSpec().delivery().mode().mints()
        && Instant.parse(next).plus(LATE).isAfter(now);
  }
}
