package dev.hermes.api.database;

import dev.hermes.api.metric.TenantLabel;
import dev.hermes.database.access.StatementWatch;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Times each statement twice: by the table and what is done to it, and by the tenant it is done
 * for. Costs a statement two looks into maps, and no look at its text after the first time.
 */
@Singleton
final class StatementMetrics implements StatementWatch {
  // There are fewer than a hundred; were one put together anew each time, this would be the end.
  private static final int MOST_STATEMENTS = 500;

  private final MeterRegistry meters;
  private final TenantLabel labels;
  private final Map<String, Timer> statements = new ConcurrentHashMap<>();
  private final Map<String, OfTenant> tenants = new ConcurrentHashMap<>();

  StatementMetrics(MeterRegistry meters, TenantLabel labels) {
    this.meters = meters;
    this.labels = labels;
  }

  private record OfTenant(Counter queries, Timer took) {}

  @Override
  public void took(TenantId tenant, String sql, long nanos) {
    Timer known = statements.get(sql);
    (known == null ? first(sql) : known).record(nanos, TimeUnit.NANOSECONDS);
    OfTenant own = tenants.computeIfAbsent(labels.of(tenant), this::ofTenant);
    own.queries().increment();
    own.took().record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer first(String sql) {
    return statements.size() < MOST_STATEMENTS
        ? statements.computeIfAbsent(sql, it -> timer(StatementKind.of(it)))
        : timer(StatementKind.OTHER);
  }

  private Timer timer(StatementKind kind) {
    return meters.timer(
        "hermes_store_operation_duration", "store", kind.store(), "operation", kind.operation());
  }

  private OfTenant ofTenant(String tenant) {
    return new OfTenant(
        meters.counter("hermes_db_queries", TenantLabel.TAG, tenant),
        meters.timer("hermes_db_query_duration", TenantLabel.TAG, tenant));
  }
}
