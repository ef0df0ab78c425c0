package dev.hermes.sandbox.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * What a sandbox uses at one moment.
 *
 * @param cpuPercent of one processor, since it was last asked
 * @param memoryUsed bytes, as all below
 */
public record SandboxLoad(
    Instant at,
    int cpuCount,
    double cpuPercent,
    long memoryUsed,
    long memoryTotal,
    long memoryCache,
    long diskUsed,
    long diskTotal) {

  static SandboxLoad of(JsonNode metrics) {
    return new SandboxLoad(
        Instant.ofEpochSecond(metrics.path("ts").asLong()),
        metrics.path("cpu_count").asInt(),
        metrics.path("cpu_used_pct").asDouble(),
        metrics.path("mem_used").asLong(),
        metrics.path("mem_total").asLong(),
        metrics.path("mem_cache").asLong(),
        metrics.path("disk_used").asLong(),
        metrics.path("disk_total").asLong());
  }
}
