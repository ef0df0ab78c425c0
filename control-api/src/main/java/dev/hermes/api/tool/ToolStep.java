package dev.hermes.api.tool;

import dev.hermes.api.model.ToolCall;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.trace.Step;

/** A tool call on the trace, as OpenTelemetry's conventions for GenAI have it. */
final class ToolStep implements AutoCloseable {
  private final Step step;
  private Status status = Status.FAILED;

  /** A name that nobody offered is the model's own text, and is not told. */
  ToolStep(ToolTurn turn, ToolCall call) {
    String name = turn.offered(call.name()).isPresent() ? call.name() : "unknown";
    this.step =
        Step.begin("execute_tool", name)
            .with("gen_ai.operation.name", "execute_tool")
            .with("gen_ai.tool.name", name)
            .with("gen_ai.tool.call.id", call.id());
  }

  void ended(Status as) {
    status = as;
  }

  @Override
  public void close() {
    if (status != Status.SUCCEEDED) {
      step.failed(status.wire());
    }
    step.close();
  }
}
