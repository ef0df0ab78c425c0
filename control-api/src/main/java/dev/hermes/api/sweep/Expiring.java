package dev.hermes.api.sweep;

import dev.hermes.database.access.TenantId;

/** Rows of tenants that have an end; each kind of them is one bean. */
public interface Expiring {
  /** Most rows that are deleted in one transaction. */
  int MOST = 1_000;

  /** Their table. */
  String name();

  /** Deletes at most {@link #MOST} rows of the tenant that have expired; how many it were. */
  int expire(TenantId tenant);
}
