package dev.hermes.api.tool;

import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Counts tool calls; names that a model made up share one label. */
@Singleton
final class ToolMetrics {
  private final MeterRegistry meters;

  ToolMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  void executed(TenantId tenant, String name, Status status, Duration took) {
    boolean known = ToolWish.all().anyMatch(tool -> tool.wire().equals(name));
    String tool = known ? name : "other";
    meters
        .counter(
            "hermes_tool_executions",
            "tool",
            tool,
            "status",
            status.wire(),
            "tenant_id",
            tenant.toString())
        .increment();
    meters.timer("hermes_tool_execution_duration", "tool", tool).record(took);
  }
}
