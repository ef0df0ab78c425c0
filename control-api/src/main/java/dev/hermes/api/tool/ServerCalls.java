package dev.hermes.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.toolserver.ListedTool;
import dev.hermes.api.toolserver.ToolAnswer;
import dev.hermes.api.toolserver.ToolServerFailed;
import dev.hermes.api.toolserver.ToolServers;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Calls tools of an MCP server that the turn speaks with, and says what a model is told of it. */
@Singleton
final class ServerCalls {
  private final ToolServers servers;

  ServerCalls(ToolServers servers) {
    this.servers = servers;
  }

  /**
   * @param longest that it may take, should the server be given longer
   * @param sandbox id of the one that the server runs in; empty for one that is asked over HTTP
   */
  ToolResult call(
      ToolTurn turn, ListedTool tool, ObjectNode arguments, Duration longest, String sandbox)
      throws InterruptedException {
    try {
      return answered(
          servers.call(
              turn.caller().tenant(),
              turn.open(tool.server()).orElseThrow(),
              tool,
              arguments,
              longest),
          sandbox);
    } catch (ToolServerFailed e) {
      return failed(tool, e, sandbox);
    }
  }

  private static ToolResult answered(ToolAnswer answer, String sandbox) {
    return new ToolResult(
        new ToolOutcome.Answered(answer.text(), answer.failed()),
        answer.failed() ? Status.FAILED : Status.SUCCEEDED,
        sandbox,
        Optional.empty(),
        answer.truncated());
  }

  private static ToolResult failed(ListedTool tool, ToolServerFailed e, String sandbox) {
    return new ToolResult(
        new ToolOutcome.Answered(
            "error: the tool server " + tool.server() + " failed: " + e.told(), true),
        e.kind() == ToolServerFailed.Kind.TIMEOUT ? Status.TIMEOUT : Status.FAILED,
        sandbox,
        Optional.empty(),
        false);
  }
}
