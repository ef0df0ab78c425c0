package dev.hermes.api.usage;

import dev.hermes.api.metric.TenantLabel;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;

/** What was written down as used, in money; and what could not be written down. */
@Context
final class UsageMetrics {
  private static final double NANO = 1e-9;

  private final MeterRegistry meters;
  private final TenantLabel tenants;
  private final Counter lost;

  UsageMetrics(MeterRegistry meters, TenantLabel tenants) {
    this.meters = meters;
    this.tenants = tenants;
    // from the start on: an alert has to see the first one, which is a step from 0
    this.lost = meters.counter("hermes_usage_records_lost");
  }

  void written(TenantId tenant, UsageSettlement.Kind kind, UsageRecord record) {
    if (record.costNanoUsd() > 0) {
      meters
          .counter("hermes_cost_usd", TenantLabel.TAG, tenants.of(tenant), "kind", kind.wire())
          .increment(record.costNanoUsd() * NANO);
    }
  }

  void lost() {
    lost.increment();
  }
}
