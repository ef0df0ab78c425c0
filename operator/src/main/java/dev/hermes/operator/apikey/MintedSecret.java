package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.kube.Step;
import dev.hermes.operator.provision.KeyRow;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A key minted into a Secret, which is the write-ahead record: the key in it is the one that is to
 * be current, whatever died since. A rotation notes in the Secret which key it replaces, so that
 * the next process tells a rotation to finish from a Secret that somebody else has changed.
 */
final class MintedSecret implements KeySource {
  private final SecretAccess secrets;
  private final SameKey sameKey;
  private final Supplier<RawKey> mint;
  private final String apiUrl;
  private final Halt halt;

  MintedSecret(
      SecretAccess secrets, SameKey sameKey, Supplier<RawKey> mint, String apiUrl, Halt halt) {
    this.secrets = secrets;
    this.sameKey = sameKey;
    this.mint = mint;
    this.apiUrl = apiUrl;
    this.halt = halt;
  }

  @Override
  public Offer offer(ApiKey key, Optional<KeyRow> current, boolean rotate) {
    Secret secret = secrets.read(key);
    if (secret == null) {
      return current.isEmpty() || rotate ? create(key, current) : missing();
    }
    if (!KeySecret.isOurs(secret, key)) {
      return taken(key);
    }
    Optional<RawKey> raw = KeySecret.read(secret);
    boolean pending =
        raw.isPresent() && current.filter(row -> finishes(secret, raw.get(), row)).isPresent();
    if (rotate && !pending) {
      return current.isPresent() ? rotate(key, secret, current.get()) : taken(key);
    }
    if (raw.isEmpty() || !(pending || belongs(raw.get(), current))) {
      return taken(key);
    }
    halt.after(Step.KEY_SECRET);
    return use(key, raw.get(), current);
  }

  private Offer create(ApiKey key, Optional<KeyRow> current) {
    Secret made =
        secrets.create(key, KeySecret.desired(key, mint.get(), apiUrl, current.map(KeyRow::keyId)));
    Optional<RawKey> raw = readIfOurs(made, key);
    if (raw.isEmpty()) {
      return taken(key);
    }
    halt.after(Step.KEY_SECRET);
    return use(key, raw.get(), current);
  }

  private Offer rotate(ApiKey key, Secret secret, KeyRow current) {
    RawKey fresh = mint.get();
    Secret desired = KeySecret.desired(key, fresh, apiUrl, Optional.of(current.keyId()));
    if (Boolean.TRUE.equals(secret.getImmutable())) {
      // somebody has closed it; a volume that shows it would never see another key anyway
      secrets.delete(secret);
      halt.after(Step.KEY_ROTATION_SECRET_DELETED);
      return create(key, Optional.of(current));
    }
    secrets.replace(secret, desired);
    halt.after(Step.KEY_ROTATION_SECRET);
    return use(key, fresh, Optional.of(current));
  }

  private Offer use(ApiKey key, RawKey raw, Optional<KeyRow> current) {
    return sameKey.or(current, raw.keyId(), raw.innerHash(), Reason.SecretTaken, takenMessage(key));
  }

  private static boolean belongs(RawKey raw, Optional<KeyRow> current) {
    return current.isEmpty() || current.get().keyId().equals(raw.keyId());
  }

  private static boolean finishes(Secret secret, RawKey raw, KeyRow current) {
    return !raw.keyId().equals(current.keyId())
        && KeySecret.replaces(secret).filter(current.keyId()::equals).isPresent();
  }

  private static Optional<RawKey> readIfOurs(@Nullable Secret secret, ApiKey key) {
    return secret != null && KeySecret.isOurs(secret, key)
        ? KeySecret.read(secret)
        : Optional.empty();
  }

  private static Offer missing() {
    return new Offer.Deny(
        Reason.SecretMissing,
        "the Secret was deleted and its key cannot be shown again; set spec.rotation.requestedAt to"
            + " now for a new one");
  }

  private static Offer taken(ApiKey key) {
    return new Offer.Deny(Reason.SecretTaken, takenMessage(key));
  }

  private static String takenMessage(ApiKey key) {
    return "Secret "
        + KeySecret.name(key)
        + " exists and is not what this key's was; remove it and, if a key was issued, set"
        + " spec.rotation.requestedAt to now";
  }
}
