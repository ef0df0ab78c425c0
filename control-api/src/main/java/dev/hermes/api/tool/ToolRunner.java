package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.identity.CallbackTokens;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.Content;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.receipt.Receipts;
import dev.hermes.api.sandbox.Execution;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.sandbox.SandboxWork;
import dev.hermes.api.sandbox.SessionSandboxes;
import dev.hermes.api.tool.ToolArguments.Parsed;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.ExecResult;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Runs a model's tool call: policy, receipt, sandbox, result. The agent loop calls it and decides
 * what an outcome means for the request.
 */
@Singleton
public final class ToolRunner {
  private final TenantDatabase database;
  private final SessionSandboxes sandboxes;
  private final Receipts receipts;
  private final AuditLog audit;
  private final ToolMetrics metrics;
  private final CallbackTokens callbacks;
  private final ObjectMapper json;
  private final Clock clock;

  ToolRunner(
      TenantDatabase database,
      SessionSandboxes sandboxes,
      Receipts receipts,
      AuditLog audit,
      ToolMetrics metrics,
      CallbackTokens callbacks,
      ObjectMapper json,
      Clock clock) {
    this.database = database;
    this.sandboxes = sandboxes;
    this.receipts = receipts;
    this.audit = audit;
    this.metrics = metrics;
    this.callbacks = callbacks;
    this.json = json;
    this.clock = clock;
  }

  /** A result, and what its receipt says. */
  private record Result(
      ToolOutcome outcome, Status status, Optional<Integer> exitCode, boolean truncated) {
    static Result refused(ToolOutcome outcome) {
      return new Result(outcome, Status.REFUSED, Optional.empty(), false);
    }
  }

  /** Runs one call; every one, refused ones too, has a receipt. */
  public ToolOutcome run(ToolTurn turn, ToolCall call) throws InterruptedException {
    turn.counted();
    Instant begun = clock.instant();
    Receipt receipt =
        Receipt.of(
            begun,
            turn.requestId(),
            call.id(),
            turn.session(),
            turn.caller().user(),
            call.name(),
            turn.policy().map(EffectivePolicy::name).orElse(""),
            call.arguments());
    Result result = null;
    try {
      result = judge(turn, call, receipt);
      return result.outcome();
    } finally {
      // interrupted: it may have run in part
      Result end =
          result != null
              ? result
              : new Result(
                  new ToolOutcome.Answered("", true), Status.FAILED, Optional.empty(), false);
      finish(turn, receipt, end, begun);
    }
  }

  /**
   * Writes what is not written yet and lets go of the lease, when that is in the same database;
   * joins the caller's transaction.
   */
  public void settle(ToolTurn turn) {
    write(turn);
    if (leasesJoin(turn)) {
      turn.hold().ifPresent(sandboxes::settle);
    }
  }

  /** After {@link #settle} has been committed: lets go of a lease that is elsewhere. */
  public void leave(ToolTurn turn) {
    if (!leasesJoin(turn)) {
      turn.hold().ifPresent(sandboxes::settle);
    }
  }

  /** After {@link #leave}. */
  public void release(ToolTurn turn) {
    turn.written();
    turn.hold().ifPresent(sandboxes::release);
  }

  private Result judge(ToolTurn turn, ToolCall call, Receipt receipt) throws InterruptedException {
    Optional<Tool> tool = turn.offered(call.name());
    Optional<SandboxHold> hold = turn.hold();
    if (tool.isEmpty() || hold.isEmpty()) {
      begin(turn, receipt, "");
      return Result.refused(
          new ToolOutcome.Answered("error: there is no tool named " + call.name() + " here", true));
    }
    String unavailable = hold.get().policy().unavailable();
    if (unavailable != null) {
      begin(turn, receipt, "");
      return Result.refused(new ToolOutcome.Unavailable(unavailable));
    }
    EffectivePolicy policy = hold.get().policy();
    Duration timeout = Duration.ofSeconds(policy.limits().execTimeoutSeconds());
    SandboxWork.Environment environment =
        (lease, pod) -> callbacks.environment(turn.caller(), policy, lease, pod, timeout);
    return switch (ToolArguments.parse(
        tool.get(), call.arguments(), policy.limits(), environment, json)) {
      case Parsed.Wrong wrong -> {
        begin(turn, receipt, "");
        yield new Result(
            new ToolOutcome.Answered("error: " + wrong.message(), true),
            Status.FAILED,
            Optional.empty(),
            false);
      }
      case Parsed.Work wish ->
          reserve(turn, hold.get(), receipt)
              ? result(sandboxes.execute(hold.get(), wish.work()))
              : full();
    };
  }

  private static Result result(Execution execution) {
    return switch (execution) {
      case Execution.Ran ran -> ran(ran.result());
      case Execution.Full full -> full();
      case Execution.Unavailable none -> Result.refused(new ToolOutcome.Unavailable(none.reason()));
      case Execution.Broken broken ->
          new Result(
              new ToolOutcome.Answered(
                  "error: the sandbox broke off, the code may have run in part: " + broken.reason(),
                  true),
              Status.FAILED,
              Optional.empty(),
              false);
    };
  }

  private static Result ran(ExecResult run) {
    boolean timeout = run.error().map(ExecResult.ExecError::isTimeout).orElse(false);
    boolean good = run.error().isEmpty() && run.exitCode() == 0;
    Status status = timeout ? Status.TIMEOUT : good ? Status.SUCCEEDED : Status.FAILED;
    return new Result(
        new ToolOutcome.Answered(OutputText.of(run), status != Status.SUCCEEDED),
        status,
        Optional.of(run.exitCode()),
        run.truncated());
  }

  private static Result full() {
    return Result.refused(
        new ToolOutcome.Full("this tenant has as many sandboxes as it may; one must end first"));
  }

  /**
   * The lease, earlier results, and the receipt that names the lease: one transaction, or two when
   * the tenant's content is in another database. A lease that got no receipt ends idle.
   */
  private boolean reserve(ToolTurn turn, SandboxHold hold, Receipt receipt) {
    if (!leasesJoin(turn)) {
      boolean reserved = sandboxes.reserve(hold);
      begin(turn, receipt, reserved ? hold.sandboxId() : "");
      return reserved;
    }
    boolean reserved =
        database.inTenant(
            turn.caller().tenant(),
            handle -> {
              boolean found = sandboxes.reserve(hold);
              write(turn, receipt, found ? hold.sandboxId() : "");
              return found;
            });
    turn.written();
    return reserved;
  }

  private boolean leasesJoin(ToolTurn turn) {
    return sandboxes.join(database, turn.caller().tenant());
  }

  private void begin(ToolTurn turn, Receipt receipt, String sandbox) {
    database.inTenant(
        turn.caller().tenant(),
        handle -> {
          write(turn, receipt, sandbox);
          return true;
        });
    turn.written();
  }

  private void write(ToolTurn turn, Receipt receipt, String sandbox) {
    write(turn);
    receipts.begin(turn.caller().tenant(), receipt, sandbox);
  }

  private void write(ToolTurn turn) {
    TenantId tenant = turn.caller().tenant();
    receipts.finish(tenant, turn.unwritten());
    audit.record(tenant, turn.unwritten().stream().map(turn::auditOf).toList());
  }

  private void finish(ToolTurn turn, Receipt receipt, Result result, Instant begun) {
    Instant now = clock.instant();
    Duration took = Duration.between(begun, now);
    turn.finished(
        new FinishedReceipt(
            receipt,
            result.status(),
            result.status() == Status.REFUSED
                ? ""
                : turn.hold().map(SandboxHold::sandboxId).orElse(""),
            Content.of(result.outcome().text()),
            result.exitCode(),
            took.toMillis(),
            result.truncated(),
            now));
    metrics.executed(turn.caller().tenant(), receipt.tool(), result.status(), took);
  }
}
