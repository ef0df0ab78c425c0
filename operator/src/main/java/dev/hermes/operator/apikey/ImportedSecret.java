package dev.hermes.operator.apikey;

import dev.hermes.crds.Names;
import dev.hermes.crds.Reason;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.database.key.RawKey;
import dev.hermes.operator.provision.KeyRow;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Optional;

/** The app's own Secret, which is read and never written. */
final class ImportedSecret implements KeySource {
  private final SecretAccess secrets;
  private final SameKey sameKey;

  ImportedSecret(SecretAccess secrets, SameKey sameKey) {
    this.secrets = secrets;
    this.sameKey = sameKey;
  }

  @Override
  public Offer offer(ApiKey key, Optional<KeyRow> current, boolean rotate) {
    String name = "Secret " + KeySecret.name(key);
    Secret secret = secrets.read(key);
    if (secret == null) {
      return new Offer.Deny(
          Reason.SecretMissing,
          name
              + " does not exist; make it with type "
              + Names.KEY_SECRET_TYPE
              + " and the key under "
              + Names.KEY_SECRET_KEY);
    }
    if (!Names.KEY_SECRET_TYPE.equals(secret.getType())) {
      return new Offer.Deny(
          Reason.SecretTypeWrong,
          name
              + " is not of type "
              + Names.KEY_SECRET_TYPE
              + ", and no other is read; make it again"
              + " with that type");
    }
    Optional<RawKey> raw = KeySecret.read(secret);
    if (raw.isEmpty()) {
      return new Offer.Deny(
          Reason.KeyFormatInvalid,
          Names.KEY_SECRET_KEY
              + " of "
              + name
              + " is not a key: hx_live_, 12 characters of id, 43 of"
              + " secret, 6 of CRC-32, base62, and nothing behind them, no line end either");
    }
    return sameKey.or(
        current,
        raw.get().keyId(),
        raw.get().innerHash(),
        Reason.KeyIdTaken,
        name
            + " holds another key under the id "
            + raw.get().keyId()
            + "; a new key needs a new id");
  }
}
