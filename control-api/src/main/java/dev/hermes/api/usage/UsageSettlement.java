package dev.hermes.api.usage;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.problem.AwayRetry;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.access.Writes;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what a request used, and again when the database is briefly away: every statement of it
 * may be repeated, so that costs neither a record nor a double one.
 */
@Singleton
public final class UsageSettlement {
  private static final Logger LOG = LoggerFactory.getLogger(UsageSettlement.class);

  private final AuditLog audit;
  private final UsageMetrics metrics;

  UsageSettlement(AuditLog audit, UsageMetrics metrics) {
    this.audit = audit;
    this.metrics = metrics;
  }

  /** What was used. */
  public enum Kind {
    CHAT("chat.completion"),
    EMBEDDING("embedding");

    private final String action;

    Kind(String action) {
      this.action = action;
    }

    /** As metrics name it. */
    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Throws when it could not be done in a few tries; the record is in the log then.
   *
   * @param write gets the rows of usage and of audit, which are made once: what it writes again
   *     after a commit whose answer was lost is there already
   */
  public void settle(TenantId tenant, Kind kind, UsageRecord record, Consumer<Writes> write) {
    Writes rows = new Writes();
    UsageRecords.add(rows, tenant, record);
    audit.add(rows, tenant, entry(kind, record));
    try {
      AwayRetry.run(() -> write.accept(rows));
    } catch (RuntimeException e) {
      LOG.error("{}: usage not written: {}", record.requestId(), record.figures(), e);
      metrics.lost();
      throw e;
    }
    metrics.written(tenant, kind, record);
  }

  private static AuditLog.Entry entry(Kind kind, UsageRecord record) {
    return new AuditLog.Entry(
        record.user(),
        kind.action,
        "model:" + record.model(),
        AuditLog.Outcome.ALLOWED,
        Map.of("status", record.status(), "key", record.keyId()),
        record.requestId());
  }
}
