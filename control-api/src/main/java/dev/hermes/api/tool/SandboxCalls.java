package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.identity.CallbackTokens;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.sandbox.Execution;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.sandbox.SandboxWork;
import dev.hermes.api.sandbox.SessionSandboxes;
import dev.hermes.api.tool.ToolArguments.Parsed;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.sandbox.daemon.DaemonFiles;
import dev.hermes.sandbox.daemon.ExecResult;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Calls of tools that run in the turn's sandbox: policy, lease, receipt, run. */
@Singleton
final class SandboxCalls {
  private final TenantDatabase database;
  private final SessionSandboxes sandboxes;
  private final ToolReceipts receipts;
  private final CallbackTokens callbacks;
  private final ObjectMapper json;

  SandboxCalls(
      TenantDatabase database,
      SessionSandboxes sandboxes,
      ToolReceipts receipts,
      CallbackTokens callbacks,
      ObjectMapper json) {
    this.database = database;
    this.sandboxes = sandboxes;
    this.receipts = receipts;
    this.callbacks = callbacks;
    this.json = json;
  }

  ToolResult run(ToolTurn turn, SandboxHold hold, Tool tool, ToolCall call, Receipt receipt)
      throws InterruptedException {
    EffectivePolicy policy = hold.policy();
    String unavailable = policy.unavailable();
    if (unavailable != null) {
      receipts.begin(turn, receipt, "");
      return ToolResult.refused(new ToolOutcome.Unavailable(unavailable));
    }
    Duration timeout =
        turn.inUse().within(Duration.ofSeconds(policy.limits().execTimeoutSeconds()));
    SandboxWork.Environment environment =
        (lease, pod) -> callbacks.environment(turn.caller(), policy, lease, pod, timeout);
    return switch (ToolArguments.parse(
        tool,
        call.arguments(),
        timeout,
        turn.inUse().within(DaemonFiles.LONGEST),
        policy.limits().outputBytes(),
        environment,
        json)) {
      case Parsed.Wrong wrong -> {
        receipts.begin(turn, receipt, "");
        yield ToolResult.error(wrong.message(), hold.sandboxId());
      }
      case Parsed.Work wish ->
          reserve(turn, hold, receipt)
              ? result(hold, sandboxes.execute(hold, wish.work()))
              : full();
    };
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

  private static ToolResult result(SandboxHold hold, Execution execution) {
    return switch (execution) {
      case Execution.Ran ran -> ran(hold, ran.result());
      case Execution.Full full -> full();
      case Execution.Unavailable none ->
          ToolResult.refused(new ToolOutcome.Unavailable(none.reason()));
      case Execution.Broken broken ->
          ToolResult.error(
              "the sandbox broke off, the code may have run in part: " + broken.reason(),
              hold.sandboxId());
    };
  }

  private static ToolResult ran(SandboxHold hold, ExecResult run) {
    boolean timeout = run.error().map(ExecResult.ExecError::isTimeout).orElse(false);
    boolean good = run.error().isEmpty() && run.exitCode() == 0;
    Status status = timeout ? Status.TIMEOUT : good ? Status.SUCCEEDED : Status.FAILED;
    return new ToolResult(
        new ToolOutcome.Answered(OutputText.of(run), status != Status.SUCCEEDED),
        status,
        hold.sandboxId(),
        Optional.of(run.exitCode()),
        run.truncated());
  }

  private static ToolResult full() {
    return ToolResult.refused(
        new ToolOutcome.Full("this tenant has as many sandboxes as it may; one must end first"));
  }

  /**
   * The lease, earlier results, and the receipt that names the lease: one transaction, or two when
   * the tenant's content is in another database. A lease that got no receipt ends idle.
   */
  private boolean reserve(ToolTurn turn, SandboxHold hold, Receipt receipt) {
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

  private boolean leasesJoin(ToolTurn turn) {
    return sandboxes.join(database, turn.caller().tenant());
  }
}
