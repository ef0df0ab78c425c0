package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.toolserver.ListedTool;
import dev.hermes.api.toolserver.ToolServers;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Calls of tools of MCP servers that are asked over HTTP: receipt, call, result. */
@Singleton
final class RemoteCalls {
  private final ToolServers servers;
  private final ServerCalls calls;
  private final ToolReceipts receipts;
  private final RemoteArguments arguments;

  RemoteCalls(
      ToolServers servers, ServerCalls calls, ToolReceipts receipts, RemoteArguments arguments) {
    this.servers = servers;
    this.calls = calls;
    this.receipts = receipts;
    this.arguments = arguments;
  }

  ToolResult run(ToolTurn turn, ListedTool tool, ToolCall call, Receipt receipt)
      throws InterruptedException {
    receipts.begin(turn, receipt, "");
    Optional<ObjectNode> wish = arguments.parse(call);
    if (wish.isEmpty()) {
      return ToolResult.error(RemoteArguments.WRONG, "");
    }
    if (turn.open(tool.server()).isEmpty()) {
      turn.opened(tool.server(), servers.open(turn.named(tool.server())));
    }
    Duration longest = Duration.ofSeconds(turn.named(tool.server()).timeoutSeconds());
    return calls.call(turn, tool, wish.get(), longest, "");
  }
}
