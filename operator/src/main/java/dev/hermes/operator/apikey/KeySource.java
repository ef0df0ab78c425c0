package dev.hermes.operator.apikey;

import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.operator.provision.KeyRow;
import java.util.Optional;

/** Where the key of a delivery mode comes from. */
interface KeySource {
  /**
   * The key that is to be current. What a mode that mints writes, it writes before it answers, so
   * that a process that dies next leaves the key in the user's hands.
   *
   * @param current the key that is current so far
   * @param rotate a new key is due
   */
  Offer offer(ApiKey key, Optional<KeyRow> current, boolean rotate);
}
