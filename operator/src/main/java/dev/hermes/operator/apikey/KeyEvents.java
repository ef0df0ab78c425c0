package dev.hermes.operator.apikey;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeyStatus;
import dev.hermes.operator.kube.Conditions;
import dev.hermes.operator.kube.Events;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The Events of a change of a key's status: ready or not, replaced, about to end. */
final class KeyEvents {
  private KeyEvents() {}

  static void publish(Events events, ApiKey key, @Nullable ApiKeyStatus before, ApiKeyStatus now) {
    ApiKeyStatus old = Objects.requireNonNullElseGet(before, ApiKeyStatus::empty);
    events.readyChanged(key, old.conditions(), now.conditions());
    if (old.keyId() != null && now.keyId() != null && !old.keyId().equals(now.keyId())) {
      events.publishOnce(
          key, "Normal", "Rotated", rotated(old.keyId(), now), "rotated " + now.keyId());
    }
    expiring(now)
        .filter(notice -> expiring(old).filter(o -> same(o, notice)).isEmpty())
        .ifPresent(notice ->
            events.publishOnce(
                key,
                "Warning",
                notice.getReason(),
                notice.getMessage(),
                notice.getReason() + now.keyId() + notice.getMessage()));
  }

  private static String rotated(String oldKeyId, ApiKeyStatus now) {
    String replaced = "key " + now.keyId() + " replaces " + oldKeyId;
    return now.overlap() == null
        ? replaced + ", which ended"
        : replaced + ", which works until " + now.overlap().endsAt();
  }

  private static Optional<Condition> expiring(ApiKeyStatus status) {
    return Conditions.find(status.conditions(), ConditionType.Expiring);
  }

  private static boolean same(Condition a, Condition b) {
    return Objects.equals(a.getReason(), b.getReason())
        && Objects.equals(a.getMessage(), b.getMessage());
  }
}
