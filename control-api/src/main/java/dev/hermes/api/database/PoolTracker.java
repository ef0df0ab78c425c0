package dev.hermes.api.database;

import com.zaxxer.hikari.metrics.IMetricsTracker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** Told by a pool how long each caller waited for a connection, and who got none. */
final class PoolTracker implements IMetricsTracker {
  private final Timer wait;
  private final Counter failures;

  PoolTracker(String pool, MeterRegistry meters) {
    this.wait = meters.timer("hermes_db_pool_wait", "pool", pool);
    this.failures = meters.counter("hermes_db_connection_failures", "pool", pool);
  }

  @Override
  public void recordConnectionAcquiredNanos(long nanos) {
    wait.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void recordConnectionTimeout() {
    failures.increment();
  }
}
