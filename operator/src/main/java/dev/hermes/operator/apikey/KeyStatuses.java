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
    KeyRing ring = outcome.ring();
    switch (outcome) {
      case KeyOutcome.Issued issued -> {
        if (issued.suspended()) {
          conditions.isFalse(
              ConditionType.Ready, Reason.TenantSuspended, "the Tenant is suspended");
        } else {
          conditions.isTrue(ConditionType.Ready, Reason.Ready, "the key may be used");
        }
        issued(conditions, ring, Reason.Issued, "");
        conditions.isTrue(ConditionType.Delivered, Reason.Delivered, delivered(key));
        expiring(conditions, key, ring, now);
      }
      case KeyOutcome.Refused(Refusal refusal, KeyRing _) -> {
        conditions.isFalse(ConditionType.Ready, refusal.reason(), refusal.message());
        conditions.isTrue(ConditionType.Stalled, refusal.reason(), refusal.message());
        conditions.isFalse(ConditionType.Issued, refusal.reason(), refusal.message());
        ring.current()
            .ifPresent(row ->
                conditions.isTrue(
                    ConditionType.Revoked,
                    refusal.reason(),
                    "refused until the Tenant allows it again or the key asks for less"));
      }
      case KeyOutcome.NotDelivered(Reason reason, String message, KeyRing _) -> {
        conditions.isFalse(ConditionType.Ready, reason, message);
        conditions.isTrue(ConditionType.Stalled, reason, message);
        conditions.isFalse(ConditionType.Delivered, reason, message);
        issued(conditions, ring, reason, message);
        expiring(conditions, key, ring, now);
      }
      case KeyOutcome.Ended(Reason reason, String message, KeyRing _) -> {
        conditions.isFalse(ConditionType.Ready, reason, message);
        // it will not come back by itself: whoever waits for it (kstatus) must not wait for ever
        conditions.isTrue(ConditionType.Stalled, reason, message);
        conditions.isTrue(ConditionType.Revoked, reason, message);
        issued(conditions, ring, reason, message);
      }
      case KeyOutcome.Waiting waiting -> {
        conditions.isFalse(ConditionType.Ready, waiting.reason(), waiting.message());
        conditions.isTrue(ConditionType.Reconciling, waiting.reason(), waiting.message());
        issued(conditions, ring, waiting.reason(), waiting.message());
      }
    }
    return status(key, ring, conditions, now);
  }

  static ApiKeyStatus failed(ApiKey key, Failure failure, Instant now) {
    long generation = key.getMetadata().getGeneration();
    Conditions conditions =
        Conditions.amending(conditions(key), generation, now)
            .isFalse(ConditionType.Ready, failure.reason(), failure.message())
            .isTrue(ConditionType.Reconciling, failure.reason(), failure.message());
    return Objects.requireNonNullElseGet(key.getStatus(), ApiKeyStatus::empty)
        .withConditions(generation, conditions.toList());
  }

  /** Equal but for times and for the last use, which is only sampled. */
  static boolean same(@Nullable ApiKeyStatus a, ApiKeyStatus b) {
    return a != null
        && a.withLastUse(null)
            .withConditions(0, List.of())
            .equals(b.withLastUse(null).withConditions(0, List.of()))
        && a.observedGeneration().equals(b.observedGeneration())
        && Conditions.same(a.conditions(), b.conditions());
  }

  private static String delivered(ApiKey key) {
    return switch (key.getSpec().delivery().mode()) {
      case SECRET -> "in Secret " + KeySecret.name(key);
      case IMPORT -> "read from Secret " + KeySecret.name(key);
      case HASH_ONLY -> "its owner has it";
      case ENCRYPTED -> "in status.encryptedKey, for the recipient alone";
    };
  }

  private static void issued(Conditions conditions, KeyRing ring, Reason reason, String message) {
    ring.current()
        .ifPresentOrElse(
            row -> conditions.isTrue(ConditionType.Issued, Reason.Issued, "key " + row.keyId()),
            () -> conditions.isFalse(ConditionType.Issued, reason, message));
  }

  private static void expiring(Conditions conditions, ApiKey key, KeyRing ring, Instant now) {
    new Schedule(key.getSpec(), ring.current())
        .notice(now)
        .ifPresent(notice ->
            conditions.isTrue(
                ConditionType.Expiring, notice.reason(), NoticeText.condition(key, notice)));
  }

  private static ApiKeyStatus status(ApiKey key, KeyRing ring, Conditions conditions, Instant now) {
    ApiKeyStatus old = Objects.requireNonNullElseGet(key.getStatus(), ApiKeyStatus::empty);
    Optional<KeyRow> row = ring.current();
    return new ApiKeyStatus(
        key.getMetadata().getGeneration(),
        row.map(KeyRow::keyId).orElse(null),
        row.map(KeyRow::prefix).orElse(null),
        row.flatMap(KeyRow::expiresAt).map(KeyStatuses::seconds).orElse(null),
        row.flatMap(KeyRow::lastUsedAt).map(KeyStatuses::seconds).orElse(null),
        KeySecret.name(key),
        ring.rotatedAt().map(KeyStatuses::seconds).orElse(null),
        new Schedule(key.getSpec(), row).next().map(KeyStatuses::seconds).orElse(null),
        ring.overlapping(now).map(KeyStatuses::overlap).orElse(null),
        old.encryptedKey(),
        old.encryptedKeyId(),
        conditions.toList());
  }

  private static ApiKeyStatus.Overlap overlap(KeyRow row) {
    return new ApiKeyStatus.Overlap(
        row.keyId(), row.expiresAt().map(KeyStatuses::seconds).orElse(""));
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
