package dev.hermes.api.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.receipt.Receipts;
import dev.hermes.api.sandbox.Execution;
import dev.hermes.api.sandbox.SandboxCode;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.sandbox.SessionSandboxes;
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
  private final ObjectMapper json;
  private final Clock clock;

  ToolRunner(
      TenantDatabase database,
      SessionSandboxes sandboxes,
      Receipts receipts,
      AuditLog audit,
      ToolMetrics metrics,
      ObjectMapper json,
      Clock clock) {
    this.database = database;
    this.sandboxes = sandboxes;
    this.receipts = receipts;
    this.audit = audit;
    this.metrics = metrics;
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
              : new Result(new ToolOutcome.Answered(""), Status.FAILED, Optional.empty(), false);
      finish(turn, receipt, end, begun);
    }
  }

  /** Writes what is not written yet; joins the caller's transaction. */
  public void settle(ToolTurn turn) {
    write(turn);
    turn.hold().ifPresent(sandboxes::settle);
  }

  /** After {@link #settle} has been committed. */
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
          new ToolOutcome.Answered("error: there is no tool named " + call.name() + " here"));
    }
    String unavailable = hold.get().policy().unavailable();
    if (unavailable != null) {
      begin(turn, receipt, "");
      return Result.refused(new ToolOutcome.Unavailable(unavailable));
    }
    Optional<String> code = code(tool.get(), call.arguments());
    if (code.isEmpty()) {
      begin(turn, receipt, "");
      String want = ToolDefinitions.argument(tool.get());
      return new Result(
          new ToolOutcome.Answered("error: the arguments must be {\"" + want + "\": \"…\"}"),
          Status.FAILED,
          Optional.empty(),
          false);
    }
    if (!reserve(turn, hold.get(), receipt)) {
      return full();
    }
    Duration timeout = Duration.ofSeconds(hold.get().policy().limits().execTimeoutSeconds());
    return result(sandboxes.execute(hold.get(), new SandboxCode(tool.get(), code.get(), timeout)));
  }

  private static Result result(Execution execution) {
    return switch (execution) {
      case Execution.Ran ran -> ran(ran.result());
      case Execution.Full full -> full();
      case Execution.Unavailable none -> Result.refused(new ToolOutcome.Unavailable(none.reason()));
      case Execution.Broken broken ->
          new Result(
              new ToolOutcome.Answered(
                  "error: the sandbox broke off, the code may have run in part: "
                      + broken.reason()),
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
        new ToolOutcome.Answered(OutputText.of(run)),
        status,
        Optional.of(run.exitCode()),
        run.truncated());
  }

  private static Result full() {
    return Result.refused(
        new ToolOutcome.Full("this tenant has as many sandboxes as it may; one must end first"));
  }

  /** One transaction: earlier results, the lease, and the receipt that names it. */
  private boolean reserve(ToolTurn turn, SandboxHold hold, Receipt receipt) {
    TenantId tenant = turn.caller().tenant();
    boolean reserved =
        database.inTenant(
            tenant,
            handle -> {
              write(turn);
              boolean found = sandboxes.reserve(hold);
              receipts.begin(tenant, receipt, found ? hold.sandboxId() : "");
              return found;
            });
    turn.written();
    return reserved;
  }

  private void begin(ToolTurn turn, Receipt receipt, String sandbox) {
    TenantId tenant = turn.caller().tenant();
    database.inTenant(
        tenant,
        handle -> {
          write(turn);
          receipts.begin(tenant, receipt, sandbox);
          return true;
        });
    turn.written();
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
            result.outcome().text(),
            result.exitCode(),
            took.toMillis(),
            result.truncated(),
            now));
    metrics.executed(turn.caller().tenant(), receipt.tool(), result.status(), took);
  }

  private Optional<String> code(Tool tool, String arguments) {
    try {
      JsonNode code = json.readTree(arguments).path(ToolDefinitions.argument(tool));
      return code.isTextual() ? Optional.of(code.textValue()) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
