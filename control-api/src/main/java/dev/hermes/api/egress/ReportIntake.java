package dev.hermes.api.egress;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.audit.AuditLog.Outcome;
import dev.hermes.api.egress.Told.Refused;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.api.usage.EgressUsage;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.id.UuidV7;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a report into its tenant's rows, in one transaction. Ids follow from the report's, so that
 * one that comes again, also while it is being written, changes nothing.
 */
@Singleton
final class ReportIntake {
  /** The proxy knows a sandbox, not its user; the sandbox's own entries name that. */
  private static final String ACTOR = "system:egress";

  private final TenantDatabase database;
  private final Tenants tenants;
  private final AuditLog audit;
  private final EgressUsage usage;

  ReportIntake(TenantDatabase database, Tenants tenants, AuditLog audit, EgressUsage usage) {
    this.database = database;
    this.tenants = tenants;
    this.audit = audit;
    this.usage = usage;
  }

  /** False: there is no such tenant any more, and nobody to write it for. */
  boolean take(Told report) {
    if (!tenants.exists(report.tenant())) {
      return false;
    }
    return database.inTenant(
        report.tenant(),
        handle -> {
          audit.recordOnce(report.tenant(), entries(report));
          report.bytes().ifPresent(bytes -> usage.record(report.tenant(), bytes));
          return true;
        });
  }

  private static List<AuditLog.Dated> entries(Told report) {
    List<AuditLog.Dated> entries = new ArrayList<>();
    for (Refused refused : report.refused()) {
      entries.add(
          new AuditLog.Dated(
              UuidV7.derived(refused.at(), report.id(), entries.size()),
              refused.at(),
              entry(report, refused)));
    }
    return entries;
  }

  private static AuditLog.Entry entry(Told report, Refused refused) {
    Map<String, String> detail = new LinkedHashMap<>();
    refused.host().ifPresent(host -> detail.put("host", host));
    if (refused.port() != 0) {
      detail.put("port", Integer.toString(refused.port()));
    }
    detail.put("reason", refused.reason().name());
    detail.put("pod", refused.podUid());
    refused.sandboxId().ifPresent(sandbox -> detail.put("sandbox", sandbox));
    return new AuditLog.Entry(
        ACTOR,
        "sandbox.egress.denied",
        refused.sandboxId().map(id -> "sandbox:" + id).orElse("pod:" + refused.podUid()),
        Outcome.DENIED,
        detail,
        report.id().toString());
  }
}
