package dev.hermes.api.usage;

import dev.hermes.api.problem.AwayRetry;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what a request used, and again when the database is briefly away: every statement of it
 * may be repeated, so that costs neither a record nor a double one.
 */
@Singleton
public final class UsageSettlement {
  private static final Logger LOG = LoggerFactory.getLogger(UsageSettlement.class);

  private final UsageMetrics metrics;

  UsageSettlement(UsageMetrics metrics) {
    this.metrics = metrics;
  }

  /** What was used. */
  public enum Kind {
    CHAT,
    EMBEDDING;

    /** As metrics name it. */
    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Throws when it could not be done in a few tries; the record is in the log then. */
  public void settle(TenantId tenant, Kind kind, UsageRecord record, Runnable write) {
    try {
      AwayRetry.run(write);
    } catch (RuntimeException e) {
      LOG.error("{}: usage not written: {}", record.requestId(), record.figures(), e);
      metrics.lost();
      throw e;
    }
    metrics.written(tenant, kind, record);
  }
}
