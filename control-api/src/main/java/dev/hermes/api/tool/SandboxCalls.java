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
import dev.hermes.sandbox.daemon.DaemonFiles;
import dev.hermes.sandbox.daemon.ExecResult;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Calls of tools that run in the turn's sandbox: policy, lease, receipt, run. */
@Singleton
final class SandboxCalls {
  private final TurnLease leases;
  private final SessionSandboxes sandboxes;
  private final ToolReceipts receipts;
  private final CallbackTokens callbacks;
  private final ObjectMapper json;

  SandboxCalls(
      TurnLease leases,
      SessionSandboxes sandboxes,
      ToolReceipts receipts,
      CallbackTokens callbacks,
      ObjectMapper json) {
    this.leases = leases;
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
          leases.reserve(turn, hold, receipt)
              ? result(hold, sandboxes.execute(hold, wish.work()))
              : full();
    };
  }

  /** What came of it, as it is told of every tool that needs a sandbox. */
  static ToolResult result(SandboxHold hold, Execution execution) {
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

  static ToolResult full() {
    return ToolResult.refused(
        new ToolOutcome.Full("this tenant has as many sandboxes as it may; one must end first"));
  }
}
