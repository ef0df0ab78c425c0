package dev.hermes.database.functions;

import dev.hermes.database.id.UuidV7;
import java.util.UUID;

/** Tenants as the operator makes them. */
final class Tenants {
  static final String UPSERT = "select provision.upsert_tenant(?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?)";

  private Tenants() {}

  static UUID make(Caller provisioner, String crUid) {
    return upsert(provisioner, crUid, "active", 1, 0);
  }

  static UUID upsert(Caller provisioner, String crUid, String state, long generation, long fence) {
    return (UUID)
        provisioner.value(
            UPSERT,
            crUid,
            UuidV7.next(),
            "acme",
            "Acme",
            "hermes-acme",
            state,
            generation,
            "{}",
            fence);
  }
}
