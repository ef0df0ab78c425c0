package dev.hermes.api.database;

import java.util.Map;
import java.util.Optional;

/** The Secrets that lead to tenants' own databases. */
interface DatabaseSecrets {
  /**
   * One as it is now.
   *
   * @param version another one is another password or another database
   * @param data decoded
   */
  record Found(String type, String version, Map<String, String> data) {}

  /** Empty: not there, or not one that may be read. Throws when nobody answers. */
  Optional<Found> read(String name);
}
