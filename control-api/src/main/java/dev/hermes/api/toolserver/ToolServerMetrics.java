package dev.hermes.api.toolserver;

import dev.hermes.api.metric.TenantLabel;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/** Counts what servers were asked; their names are the log's. */
@Singleton
final class ToolServerMetrics {
  private final MeterRegistry meters;
  private final TenantLabel tenants;

  ToolServerMetrics(MeterRegistry meters, TenantLabel tenants) {
    this.meters = meters;
    this.tenants = tenants;
  }

  /**
   * @param method list or call
   * @param outcome succeeded, or the kind of failure
   */
  void asked(TenantId tenant, String method, String outcome) {
    meters
        .counter(
            "hermes_tool_server_requests",
            "method",
            method,
            "outcome",
            outcome,
            TenantLabel.TAG,
            tenants.of(tenant))
        .increment();
  }
}
