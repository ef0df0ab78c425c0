package dev.hermes.api.usage;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;

/** Writes bytes that went through the egress proxy, each report once however often it comes. */
@Singleton
public final class EgressUsage {
  private final TenantDatabase database;

  EgressUsage(TenantDatabase database) {
    this.database = database;
  }

  /**
   * What one report says.
   *
   * @param minute in which it was used; the same each time the report comes
   */
  public record Bytes(UUID report, Instant minute, long out, long in) {}

  /** Joins the caller's transaction. */
  public void record(TenantId tenant, Bytes bytes) {
    database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate(
                    """
                    insert into egress_usage (tenant_id, report_id, bytes_out, bytes_in, created_at)
                    values (:tenant, :report, :out, :in, :minute)
                    on conflict (tenant_id, report_id, created_at) do nothing
                    """)
                .bind("tenant", tenant.value())
                .bind("report", bytes.report())
                .bind("out", bytes.out())
                .bind("in", bytes.in())
                .bind("minute", bytes.minute().atOffset(ZoneOffset.UTC))
                .execute());
  }
}
