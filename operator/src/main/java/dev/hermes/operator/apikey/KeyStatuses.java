package dev.hermes.operator.apikey;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeyStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.Failure;
import dev.hermes.operator.provision.KeyRow;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes a key's status of what one look came to; pure. */
final class KeyStatuses {
  private KeyStatuses() {}

  static List<Condition> conditions(ApiKey key) {
    return key.getStatus() == null ? List.of() : key.getStatus().conditions();
  }

  static ApiKeyStatus of(ApiKey key, KeyOutcome outcome, Instant now) {
    long generation = key.getMetadata().getGeneration();
    Conditions conditions = Conditions.replacing(conditions(key), generation, now);
    return switch (outcome) {
      case KeyOutcome.Issued issued -> {
        if (issued.suspended()) {
          conditions.isFalse(
              ConditionType.Ready, Reason.TenantSuspended, "the Tenant is suspended");
        } else {
          conditions.isTrue(ConditionType.Ready, Reason.Ready, "the key may be used");
        }
        conditions.isTrue(ConditionType.Issued, Reason.Issued, "key " + issued.row().keyId());
        conditions.isTrue(
            ConditionType.Delivered, Reason.Delivered, "in Secret " + KeySecret.name(key));
        yield status(key, Optional.of(issued.row()), generation, conditions);
      }
      case KeyOutcome.Refused(Refusal refusal, Optional<KeyRow> row) -> {
        conditions.isFalse(ConditionType.Ready, refusal.reason(), refusal.message());
        conditions.isTrue(ConditionType.Stalled, refusal.reason(), refusal.message());
        conditions.isFalse(ConditionType.Issued, refusal.reason(), refusal.message());
        row.ifPresent(r ->
            conditions.isTrue(
                ConditionType.Revoked,
                Reason.KeyRevoked,
                "revoked, for the Tenant allows less than it had; make a new APIKey"));
        yield status(key, row, generation, conditions);
      }
      case KeyOutcome.NotDelivered(Reason reason, String message, Optional<KeyRow> row) -> {
        conditions.isFalse(ConditionType.Ready, reason, message);
        conditions.isTrue(ConditionType.Stalled, reason, message);
        conditions.isFalse(ConditionType.Delivered, reason, message);
        issued(conditions, row, reason, message);
        yield status(key, row, generation, conditions);
      }
      case KeyOutcome.Ended(Reason reason, String message, KeyRow row) -> {
        conditions.isFalse(ConditionType.Ready, reason, message);
        conditions.isTrue(ConditionType.Revoked, reason, message);
        conditions.isTrue(ConditionType.Issued, Reason.Issued, "key " + row.keyId());
        yield status(key, Optional.of(row), generation, conditions);
      }
      case KeyOutcome.Waiting waiting -> {
        conditions.isFalse(ConditionType.Ready, waiting.reason(), waiting.message());
        conditions.isTrue(ConditionType.Reconciling, waiting.reason(), waiting.message());
        issued(conditions, waiting.row(), waiting.reason(), waiting.message());
        yield status(key, waiting.row(), generation, conditions);
      }
    };
  }

  static ApiKeyStatus failed(ApiKey key, Failure failure, Instant now) {
    long generation = key.getMetadata().getGeneration();
    Conditions conditions =
        Conditions.amending(conditions(key), generation, now)
            .isFalse(ConditionType.Ready, failure.reason(), failure.message())
            .isTrue(ConditionType.Reconciling, failure.reason(), failure.message());
    ApiKeyStatus old = key.getStatus();
    return new ApiKeyStatus(
        generation,
        old == null ? null : old.keyId(),
        old == null ? null : old.prefix(),
        old == null ? null : old.expiresAt(),
        old == null ? null : old.lastUsedAt(),
        KeySecret.name(key),
        conditions.toList());
  }

  /** Equal but for times and for the last use, which is only sampled. */
  static boolean same(@Nullable ApiKeyStatus a, ApiKeyStatus b) {
    return a != null
        && a.observedGeneration().equals(b.observedGeneration())
        && Objects.equals(a.keyId(), b.keyId())
        && Objects.equals(a.prefix(), b.prefix())
        && Objects.equals(a.expiresAt(), b.expiresAt())
        && Objects.equals(a.secretName(), b.secretName())
        && Conditions.same(a.conditions(), b.conditions());
  }

  private static void issued(
      Conditions conditions, Optional<KeyRow> row, Reason reason, String message) {
    row.ifPresentOrElse(
        known -> conditions.isTrue(ConditionType.Issued, Reason.Issued, "key " + known.keyId()),
        () -> conditions.isFalse(ConditionType.Issued, reason, message));
  }

  private static ApiKeyStatus status(
      ApiKey key, Optional<KeyRow> row, long generation, Conditions conditions) {
    return new ApiKeyStatus(
        generation,
        row.map(KeyRow::keyId).orElse(null),
        row.map(KeyRow::prefix).orElse(null),
        row.flatMap(KeyRow::expiresAt).map(KeyStatuses::seconds).orElse(null),
        row.flatMap(KeyRow::lastUsedAt).map(KeyStatuses::seconds).orElse(null),
        KeySecret.name(key),
        conditions.toList());
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
