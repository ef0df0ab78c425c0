package dev.hermes.api.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.toolserver.ListedTool;
import dev.hermes.api.toolserver.ToolAnswer;
import dev.hermes.api.toolserver.ToolServerFailed;
import dev.hermes.api.toolserver.ToolServers;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Calls of tools that an MCP server of the caller's tenant has: receipt, call, result. */
@Singleton
final class RemoteCalls {
  private final ToolServers servers;
  private final ToolReceipts receipts;
  private final ObjectMapper json;

  RemoteCalls(ToolServers servers, ToolReceipts receipts, ObjectMapper json) {
    this.servers = servers;
    this.receipts = receipts;
    this.json = json;
  }

  ToolResult run(ToolTurn turn, ListedTool tool, ToolCall call, Receipt receipt)
      throws InterruptedException {
    receipts.begin(turn, receipt, "");
    Optional<ObjectNode> arguments = arguments(call.arguments());
    if (arguments.isEmpty()) {
      return ToolResult.error("the arguments must be a JSON object", "");
    }
    try {
      return result(
          servers.call(
              turn.caller().tenant(),
              turn.server(tool.server(), servers::open),
              tool,
              arguments.get()));
    } catch (ToolServerFailed e) {
      return failed(tool, e);
    }
  }

  /** The servers are told that the turn is over; does not wait for them. */
  void release(ToolTurn turn) {
    turn.servers().forEach(it -> it.end());
  }

  private static ToolResult result(ToolAnswer answer) {
    return new ToolResult(
        new ToolOutcome.Answered(answer.text(), answer.failed()),
        answer.failed() ? Status.FAILED : Status.SUCCEEDED,
        "",
        Optional.empty(),
        answer.truncated());
  }

  private static ToolResult failed(ListedTool tool, ToolServerFailed e) {
    return new ToolResult(
        new ToolOutcome.Answered(
            "error: the tool server " + tool.server() + " failed: " + e.getMessage(), true),
        e.kind() == ToolServerFailed.Kind.TIMEOUT ? Status.TIMEOUT : Status.FAILED,
        "",
        Optional.empty(),
        false);
  }

  /** A model that has nothing to say may say nothing. */
  private Optional<ObjectNode> arguments(String text) {
    try {
      return text.isBlank()
          ? Optional.of(json.createObjectNode())
          : json.readTree(text) instanceof ObjectNode object
              ? Optional.of(object)
              : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
