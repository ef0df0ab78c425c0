package dev.hermes.api.tool;

import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.sandbox.SessionSandboxes;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;

/** The lease of a turn's sandbox, from the first call that needs one to the turn's end. */
@Singleton
final class TurnLease {
  private final TenantDatabase database;
  private final SessionSandboxes sandboxes;
  private final ToolReceipts receipts;

  TurnLease(TenantDatabase database, SessionSandboxes sandboxes, ToolReceipts receipts) {
    this.database = database;
    this.sandboxes = sandboxes;
    this.receipts = receipts;
  }

  /**
   * The lease, earlier results, and the receipt that names the lease: one transaction, or two when
   * the tenant's content is in another database. A lease that got no receipt ends idle.
   */
  boolean reserve(ToolTurn turn, SandboxHold hold, Receipt receipt) {
    if (!leasesJoin(turn)) {
      boolean reserved = sandboxes.reserve(hold);
      receipts.begin(turn, receipt, reserved ? hold.sandboxId() : "");
      return reserved;
    }
    boolean reserved =
        database.inTenant(
            turn.caller().tenant(),
            handle -> {
              boolean found = sandboxes.reserve(hold);
              receipts.write(turn, receipt, found ? hold.sandboxId() : "");
              return found;
            });
    turn.written();
    return reserved;
  }

  /** Joins the caller's transaction when the leases are in the same database. */
  void settle(ToolTurn turn) {
    if (leasesJoin(turn)) {
      turn.hold().ifPresent(sandboxes::settle);
    }
  }

  /** After {@link #settle} has been committed: lets go of a lease that is elsewhere. */
  void leave(ToolTurn turn) {
    if (!leasesJoin(turn)) {
      turn.hold().ifPresent(sandboxes::settle);
    }
  }

  void release(ToolTurn turn) {
    turn.hold().ifPresent(sandboxes::release);
  }

  private boolean leasesJoin(ToolTurn turn) {
    return sandboxes.join(database, turn.caller().tenant());
  }
}
