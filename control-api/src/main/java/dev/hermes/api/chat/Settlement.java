package dev.hermes.api.chat;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.problem.Failures;
import dev.hermes.api.session.Sessions;
import dev.hermes.api.tool.ToolRunner;
import dev.hermes.api.usage.UsageRecord;
import dev.hermes.api.usage.UsageRecords;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a turn in one transaction: usage, receipts, messages, the session's lock, audit, and the
 * sandbox's lease, unless that is in another database: then after it. Every statement may be
 * repeated, so a database that is briefly away costs neither a record nor a double one.
 */
@Singleton
final class Settlement {
  private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);
  private static final int TRIES = 4;
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final TenantDatabase database;
  private final UsageRecords usage;
  private final Sessions sessions;
  private final ToolRunner tools;
  private final AuditLog audit;

  Settlement(
      TenantDatabase database,
      UsageRecords usage,
      Sessions sessions,
      ToolRunner tools,
      AuditLog audit) {
    this.database = database;
    this.usage = usage;
    this.sessions = sessions;
    this.tools = tools;
    this.audit = audit;
  }

  /** Throws when it could not be done in a few tries; what was used is in the log then. */
  void settle(Turn turn, String status) {
    UsageRecord record = turn.record(status);
    for (int attempt = 1; ; attempt++) {
      try {
        write(turn, record);
        tools.leave(turn.tools());
        break;
      } catch (RuntimeException e) {
        if (attempt == TRIES || !Failures.isDatabaseAway(e)) {
          LOG.error("{}: usage not written: {}", turn.requestId(), record, e);
          throw e;
        }
        pause(attempt);
      }
    }
    Thread.ofVirtual().name("release").start(() -> tools.release(turn.tools()));
  }

  private void write(Turn turn, UsageRecord record) {
    database.inTenant(
        turn.caller().tenant(),
        handle -> {
          usage.record(turn.caller().tenant(), record);
          tools.settle(turn.tools());
          turn.session().ifPresent(key -> sessions.end(key, turn.requestId(), turn.added()));
          audit.record(
              turn.caller().tenant(),
              new AuditLog.Entry(
                  turn.caller().user(),
                  "chat.completion",
                  "model:" + record.model(),
                  AuditLog.Outcome.ALLOWED,
                  Map.of("status", record.status(), "key", record.keyId()),
                  turn.requestId()));
          return true;
        });
  }

  private static void pause(int attempt) {
    try {
      Thread.sleep(PAUSE.multipliedBy(attempt));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
