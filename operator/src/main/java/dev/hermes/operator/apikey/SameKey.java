package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import dev.hermes.database.key.Pepper;
import dev.hermes.operator.provision.KeyRow;
import java.util.Optional;

/**
 * Tells the current key, another key, and another key that has taken the current one's id apart.
 */
final class SameKey {
  private final Pepper pepper;

  SameKey(Pepper pepper) {
    this.pepper = pepper;
  }

  /**
   * @param reason said when the id is that of the current key and the hash is not
   */
  Offer or(
      Optional<KeyRow> current, String keyId, byte[] innerHash, Reason reason, String message) {
    Optional<KeyRow> same = current.filter(row -> row.keyId().equals(keyId));
    if (same.isEmpty()) {
      return new Offer.Use(keyId, innerHash);
    }
    KeyRow row = same.get();
    return pepper.matches(row.pepperVersion(), row.digest(), innerHash)
        ? new Offer.Keep()
        : new Offer.Deny(reason, message);
  }
}
