package dev.hermes.api.usage;

import dev.hermes.api.problem.Failures;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.Duration;
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
  private static final int TRIES = 4;
  private static final Duration PAUSE = Duration.ofMillis(500);

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
    for (int attempt = 1; ; attempt++) {
      try {
        write.run();
        metrics.written(tenant, kind, record);
        return;
      } catch (RuntimeException e) {
        if (attempt == TRIES || !Failures.isDatabaseAway(e)) {
          LOG.error("{}: usage not written: {}", record.requestId(), record.figures(), e);
          metrics.lost();
          throw e;
        }
        pause(attempt);
      }
    }
  }

  private static void pause(int attempt) {
    try {
      Thread.sleep(PAUSE.multipliedBy(attempt));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
