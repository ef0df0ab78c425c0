package dev.hermes.api.database;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Figures of the pools, and of who waits for a connection. */
@Context
final class PoolMetrics {

  PoolMetrics(List<HikariDataSource> pools, MeterRegistry meters) {
    for (HikariDataSource pool : pools) {
      // the one place that knows of every wait, whoever asked for the connection
      pool.setMetricsTrackerFactory((name, stats) -> new PoolTracker(name, meters));
      Gauge.builder("hermes_db_pool_max", pool, HikariDataSource::getMaximumPoolSize)
          .tag("pool", pool.getPoolName())
          .register(meters);
      gauge(meters, pool, "size", HikariPoolMXBean::getTotalConnections);
      gauge(meters, pool, "active", HikariPoolMXBean::getActiveConnections);
      gauge(meters, pool, "idle", HikariPoolMXBean::getIdleConnections);
      gauge(meters, pool, "pending", HikariPoolMXBean::getThreadsAwaitingConnection);
    }
  }

  private static void gauge(
      MeterRegistry meters,
      HikariDataSource pool,
      String what,
      ToDoubleFunction<HikariPoolMXBean> value) {
    Gauge.builder(
            "hermes_db_pool_" + what,
            pool,
            it -> {
              HikariPoolMXBean bean = it.getHikariPoolMXBean();
              return bean == null ? 0 : value.applyAsDouble(bean);
            })
        .tag("pool", pool.getPoolName())
        .register(meters);
  }
}
