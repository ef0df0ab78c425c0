package dev.hermes.api.egress;

import dev.hermes.api.usage.EgressUsage;
import dev.hermes.crds.egress.EgressReason;
import dev.hermes.database.access.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A report that has been read: all of it is well formed. */
record Told(UUID id, TenantId tenant, List<Refused> refused, Optional<EgressUsage.Bytes> bytes) {
  Told {
    refused = List.copyOf(refused);
  }

  /**
   * Something a sandbox was refused.
   *
   * @param port 0 when the request was not readable
   */
  record Refused(
      Instant at,
      String podUid,
      Optional<String> sandboxId,
      Optional<String> host,
      int port,
      EgressReason reason) {}
}
