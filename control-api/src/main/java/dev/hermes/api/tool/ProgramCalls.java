package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.sandbox.Launch;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.sandbox.SessionSandboxes;
import dev.hermes.api.toolserver.ListedTool;
import dev.hermes.api.toolserver.ToolServers;
import dev.hermes.crds.tenant.TenantSpec;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/**
 * Calls of tools whose MCP server is a program in the turn's sandbox: policy, lease, receipt,
 * program, call. The first call starts the program, and so does the first after it has ended.
 */
@Singleton
final class ProgramCalls {
  private final TurnLease leases;
  private final SessionSandboxes sandboxes;
  private final ToolServers servers;
  private final ServerCalls calls;
  private final ToolReceipts receipts;
  private final RemoteArguments arguments;

  ProgramCalls(
      TurnLease leases,
      SessionSandboxes sandboxes,
      ToolServers servers,
      ServerCalls calls,
      ToolReceipts receipts,
      RemoteArguments arguments) {
    this.leases = leases;
    this.sandboxes = sandboxes;
    this.servers = servers;
    this.calls = calls;
    this.receipts = receipts;
    this.arguments = arguments;
  }

  ToolResult run(ToolTurn turn, SandboxHold hold, ListedTool tool, ToolCall call, Receipt receipt)
      throws InterruptedException {
    String unavailable = hold.policy().unavailable();
    if (unavailable != null) {
      receipts.begin(turn, receipt, "");
      return ToolResult.refused(new ToolOutcome.Unavailable(unavailable));
    }
    Optional<ObjectNode> wish = arguments.parse(call);
    if (wish.isEmpty()) {
      receipts.begin(turn, receipt, "");
      return ToolResult.error(RemoteArguments.WRONG, "");
    }
    if (!leases.reserve(turn, hold, receipt)) {
      return SandboxCalls.full();
    }
    if (turn.open(tool.server()).isEmpty()) {
      TenantSpec.McpServer server = turn.named(tool.server());
      switch (sandboxes.launch(hold, ServerProgram.of(server, hold.policy()))) {
        case Launch.Started started ->
            turn.opened(tool.server(), servers.open(server, started.program()));
        case Launch.Failed failed -> {
          return SandboxCalls.result(hold, failed.why());
        }
      }
    }
    Duration longest =
        turn.inUse().within(Duration.ofSeconds(hold.policy().limits().execTimeoutSeconds()));
    return calls.call(turn, tool, wish.get(), longest, hold.sandboxId());
  }
}
