package dev.hermes.api.metric;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of all timers, in one place: few, for each one is a series of every label, and such
 * that the thresholds of the chart's alerts are among them.
 */
final class Histograms implements MeterFilter {
  private static final Map<String, double[]> SECONDS =
      Map.of(
          "hermes_http_request_duration", seconds(.005, .025, .1, .5, 2, 10),
          "hermes_chat_duration", seconds(1, 5, 15, 30, 60, 120, 300),
          "hermes_llm_request_duration", seconds(.5, 2, 5, 15, 30, 60, 120),
          "hermes_tool_execution_duration", seconds(.1, .5, 2, 10, 30, 120),
          "hermes_sandbox_start", seconds(.1, .5, 2, 5, 10, 20, 60),
          "hermes_store_operation_duration", seconds(.001, .005, .025, .1, .5, 1, 5),
          // one of each tenant
          "hermes_db_query_duration", seconds(.01, .1, 1),
          "hermes_db_pool_wait", seconds(.001, .01, .1, 1, 3));

  @Override
  public @Nullable DistributionStatisticConfig configure(
      Meter.Id id, DistributionStatisticConfig config) {
    double[] buckets = SECONDS.get(id.getName());
    return buckets == null
        ? config
        : DistributionStatisticConfig.builder()
            .serviceLevelObjectives(buckets)
            .build()
            .merge(config);
  }

  /** In nanoseconds, as timers want them. */
  private static double[] seconds(double... seconds) {
    return Arrays.stream(seconds).map(it -> it * Duration.ofSeconds(1).toNanos()).toArray();
  }
}
