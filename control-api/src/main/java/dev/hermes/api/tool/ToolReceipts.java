package dev.hermes.api.tool;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.receipt.Receipts;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Writes a turn's receipts and their audit rows: pending before a tool runs, final with whatever is
 * written next. All join the caller's transaction.
 */
@Singleton
final class ToolReceipts {
  private final TenantDatabase database;
  private final Receipts receipts;
  private final AuditLog audit;

  ToolReceipts(TenantDatabase database, Receipts receipts, AuditLog audit) {
    this.database = database;
    this.receipts = receipts;
    this.audit = audit;
  }

  /** In a transaction of its own; what was unwritten is written with it. */
  void begin(ToolTurn turn, Receipt receipt, String sandbox) {
    database.inTenant(
        turn.caller().tenant(),
        handle -> {
          write(turn, receipt, sandbox);
          return true;
        });
    turn.written();
  }

  /** The caller says {@link ToolTurn#written} once its transaction is committed. */
  void write(ToolTurn turn, Receipt receipt, String sandbox) {
    write(turn);
    receipts.begin(turn.caller().tenant(), receipt, sandbox);
  }

  boolean mayHaveRun(TenantId tenant, List<String> requests, String call, long results) {
    return receipts.mayHaveRun(tenant, requests, call, results);
  }

  void write(ToolTurn turn) {
    TenantId tenant = turn.caller().tenant();
    receipts.finish(tenant, turn.unwritten());
    // a receipt may be written again when the answer to its commit was lost
    audit.recordOnce(
        tenant,
        turn.unwritten().stream()
            .map(it -> new AuditLog.Dated(it.receipt().id(), it.finishedAt(), turn.auditOf(it)))
            .toList());
  }
}
