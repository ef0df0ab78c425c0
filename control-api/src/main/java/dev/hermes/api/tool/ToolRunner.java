package dev.hermes.api.tool;

import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.Content;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.skill.SkillRules;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Runs a model's tool call: offer, receipt, the way of the tool's kind, result. The agent loop
 * calls it and decides what an outcome means for the request.
 */
@Singleton
public final class ToolRunner {
  private final SandboxCalls sandboxes;
  private final MemoryCalls memories;
  private final SkillCalls skills;
  private final RemoteCalls remote;
  private final ProgramCalls programs;
  private final TurnLease leases;
  private final ToolReceipts receipts;
  private final ToolMetrics metrics;
  private final Clock clock;

  ToolRunner(
      SandboxCalls sandboxes,
      MemoryCalls memories,
      SkillCalls skills,
      RemoteCalls remote,
      ProgramCalls programs,
      TurnLease leases,
      ToolReceipts receipts,
      ToolMetrics metrics,
      Clock clock) {
    this.sandboxes = sandboxes;
    this.memories = memories;
    this.skills = skills;
    this.remote = remote;
    this.programs = programs;
    this.leases = leases;
    this.receipts = receipts;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Runs one call; every one, refused ones too, has a receipt. */
  public ToolOutcome run(ToolTurn turn, ToolCall call) throws InterruptedException {
    turn.counted();
    Instant begun = clock.instant();
    Optional<ServerTool> tool = turn.offered(call.name());
    // what needs no sandbox is under no policy
    Optional<SandboxHold> hold =
        tool.filter(it -> !it.runsInSandbox()).isPresent() ? Optional.empty() : turn.hold();
    Receipt receipt =
        Receipt.of(
            begun,
            turn.requestId(),
            call.id(),
            turn.session(),
            turn.caller().user(),
            call.name(),
            hold.map(SandboxHold::policy).map(EffectivePolicy::name).orElse(""),
            call.arguments());
    ToolResult result = null;
    try (ToolStep step = new ToolStep(turn, call)) {
      result = dispatch(turn, tool, hold, call, receipt);
      step.ended(result.status());
      return result.outcome();
    } finally {
      // interrupted: it may have run in part
      ToolResult end =
          result != null
              ? result
              : ToolResult.of(
                  new ToolOutcome.Answered("", true), hold.map(SandboxHold::sandboxId).orElse(""));
      finish(turn, receipt, end, begun);
    }
  }

  /**
   * Writes what is not written yet and lets go of the lease, when that is in the same database;
   * joins the caller's transaction.
   */
  public void settle(ToolTurn turn) {
    receipts.write(turn);
    leases.settle(turn);
  }

  /** Writes the receipts that are not written yet; joins the caller's transaction. */
  public void record(ToolTurn turn) {
    receipts.write(turn);
  }

  /** After {@link #record} has been committed. */
  public void recorded(ToolTurn turn) {
    turn.written();
  }

  /**
   * Whether one more call with that id than there are results was begun, and not refused.
   *
   * @param requests whose calls
   */
  public boolean mayHaveRun(TenantId tenant, List<String> requests, String call, long results) {
    return receipts.mayHaveRun(tenant, requests, call, results);
  }

  /** After {@link #settle} has been committed: lets go of a lease that is elsewhere. */
  public void leave(ToolTurn turn) {
    leases.leave(turn);
  }

  /**
   * The MCP servers that the turn has spoken with hear that it is over, whatever became of what was
   * to be written. Does not wait for them.
   */
  public void part(ToolTurn turn) {
    turn.endServers();
  }

  /** After {@link #leave}. */
  public void release(ToolTurn turn) {
    turn.written();
    leases.release(turn);
  }

  private ToolResult dispatch(
      ToolTurn turn,
      Optional<ServerTool> tool,
      Optional<SandboxHold> hold,
      ToolCall call,
      Receipt receipt)
      throws InterruptedException {
    if (tool.isEmpty()) {
      receipts.begin(turn, receipt, "");
      return ToolResult.refused(
          new ToolOutcome.Answered("error: there is no tool named " + call.name() + " here", true));
    }
    Optional<SkillRules> against = turn.inUse().against(tool.get());
    if (against.isPresent()) {
      receipts.begin(turn, receipt, "");
      return ToolResult.refused(
          new ToolOutcome.Answered(
              "error: the skill "
                  + against.get().name().value()
                  + ", which this turn uses, does not allow the tool "
                  + call.name(),
              true));
    }
    return switch (tool.get()) {
      case SandboxTool it -> sandboxes.run(turn, hold.orElseThrow(), it.tool(), call, receipt);
      case PlatformTool it ->
          switch (it) {
            case MEMORY -> memories.run(turn, call, receipt);
            case SKILL -> skills.run(turn, call, receipt);
          };
      case RemoteTool it ->
          it.runsInSandbox()
              ? programs.run(turn, hold.orElseThrow(), it.listed(), call, receipt)
              : remote.run(turn, it.listed(), call, receipt);
    };
  }

  private void finish(ToolTurn turn, Receipt receipt, ToolResult result, Instant begun) {
    Instant now = clock.instant();
    Duration took = Duration.between(begun, now);
    turn.finished(
        new FinishedReceipt(
            receipt,
            result.status(),
            result.sandbox(),
            Content.of(result.outcome().text()),
            result.exitCode(),
            took.toMillis(),
            result.truncated(),
            now));
    metrics.executed(
        turn.caller().tenant(),
        turn.offered(receipt.tool()),
        receipt.tool(),
        result.status(),
        took);
  }
}
