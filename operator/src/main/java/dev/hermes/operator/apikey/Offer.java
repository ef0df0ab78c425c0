package dev.hermes.operator.apikey;

import dev.hermes.crds.Reason;
import java.time.Duration;

/** What the place that a key comes from, or goes to, says of it. */
sealed interface Offer {
  /** The current key is as it should be. */
  record Keep() implements Offer {}

  /**
   * This key is to be the current one.
   *
   * @param innerHash SHA-256 of the raw key
   */
  record Use(String keyId, byte[] innerHash) implements Offer {}

  /** There is no key to use until somebody acts. */
  record Deny(Reason reason, String message) implements Offer {}

  /** Not yet. */
  record Later(String message, Duration again) implements Offer {}
}
