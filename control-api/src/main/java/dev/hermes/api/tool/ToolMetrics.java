package dev.hermes.api.tool;

import dev.hermes.api.metric.TenantLabel;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Counts tool calls; tools of MCP servers share one label, and names that a model made up. */
@Singleton
final class ToolMetrics {
  private final MeterRegistry meters;
  private final TenantLabel tenants;

  ToolMetrics(MeterRegistry meters, TenantLabel tenants) {
    this.meters = meters;
    this.tenants = tenants;
  }

  void executed(
      TenantId tenant, Optional<ServerTool> offered, String name, Status status, Duration took) {
    boolean known = ToolWish.platform().anyMatch(tool -> tool.wire().equals(name));
    String tool = known ? name : offered.isPresent() ? "mcp" : "other";
    meters
        .counter(
            "hermes_tool_executions",
            "tool",
            tool,
            "status",
            status.wire(),
            TenantLabel.TAG,
            tenants.of(tenant))
        .increment();
    meters.timer("hermes_tool_execution_duration", "tool", tool).record(took);
  }
}
