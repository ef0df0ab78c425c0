package dev.hermes.api.tool;

import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.toolserver.ListedTool;
import dev.hermes.api.toolserver.ToolAnswer;
import dev.hermes.api.toolserver.ToolServerFailed;
import java.util.Optional;

/** What a model is told of a call of an MCP server's tool. */
final class RemoteResult {
  private RemoteResult() {}

  /**
   * @param sandbox id of the one that the server runs in; empty for one that is asked over HTTP
   */
  static ToolResult of(ToolAnswer answer, String sandbox) {
    return new ToolResult(
        new ToolOutcome.Answered(answer.text(), answer.failed()),
        answer.failed() ? Status.FAILED : Status.SUCCEEDED,
        sandbox,
        Optional.empty(),
        answer.truncated());
  }

  static ToolResult failed(ListedTool tool, ToolServerFailed e, String sandbox) {
    return new ToolResult(
        new ToolOutcome.Answered(
            "error: the tool server " + tool.server() + " failed: " + e.told(), true),
        e.kind() == ToolServerFailed.Kind.TIMEOUT ? Status.TIMEOUT : Status.FAILED,
        sandbox,
        Optional.empty(),
        false);
  }
}
