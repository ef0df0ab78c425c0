package dev.hermes.api.e2b;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The bodies of E2B's control routes. Members that its clients send and these lack are ignored. */
final class E2bWire {
  private E2bWire() {}

  /** A wish for a sandbox; the members that narrow or are refused are read too. */
  @Serdeable
  record NewSandbox(
      @Nullable String templateID,
      @Nullable Integer timeout,
      @Nullable Map<String, String> metadata,
      @Nullable Map<String, String> envVars,
      @JsonProperty("allow_internet_access") @Nullable Boolean allowInternetAccess,
      @Nullable Network network,
      @Nullable Boolean autoPause,
      @Nullable AutoResume autoResume,
      @Nullable Map<String, Object> mcp,
      @Nullable Map<String, Object> iam,
      @Nullable List<Map<String, Object>> volumeMounts) {}

  /** Whether a sandbox wakes up by itself; it never sleeps here. */
  @Serdeable
  record AutoResume(@Nullable Boolean enabled) {}

  /** Where a sandbox may connect to, within what its policy allows. */
  @Serdeable
  record Network(
      @Nullable List<String> allowOut,
      @Nullable List<String> denyOut,
      @Nullable List<String> dnsServers,
      @Nullable Boolean allowPublicTraffic,
      @Nullable Map<String, Object> egressProxy,
      @Nullable Map<String, Object> rules,
      @Nullable String maskRequestHost,
      @Nullable List<Integer> httpsPorts) {}

  /** As {@link Network}, for a sandbox that runs: what is absent is as if it had never been set. */
  @Serdeable
  record NetworkUpdate(
      @Nullable List<String> allowOut,
      @Nullable List<String> denyOut,
      @Nullable List<String> dnsServers,
      @JsonProperty("allow_internet_access") @Nullable Boolean allowInternetAccess,
      @Nullable Map<String, Object> egressProxy,
      @Nullable Map<String, Object> rules) {}

  /** What a sandbox used at one time; bytes. */
  @Serdeable
  record Metric(
      String timestamp,
      long timestampUnix,
      int cpuCount,
      double cpuUsedPct,
      long memUsed,
      long memTotal,
      long memCache,
      long diskUsed,
      long diskTotal) {}

  /** Seconds from now. */
  @Serdeable
  record Timeout(@Nullable Integer timeout) {}

  /** Seconds by which the end is moved. */
  @Serdeable
  record Refresh(@Nullable Integer duration) {}

  /** What a client needs to reach a sandbox. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Sandbox(
      String templateID,
      String sandboxID,
      String clientID,
      String envdVersion,
      String envdAccessToken,
      String trafficAccessToken,
      @Nullable String domain) {}

  /** What a client is told about a sandbox. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Detail(
      String templateID,
      String sandboxID,
      String clientID,
      String startedAt,
      String endAt,
      String envdVersion,
      @Nullable String envdAccessToken,
      int cpuCount,
      @JsonProperty("memoryMB") int memoryMb,
      @JsonProperty("diskSizeMB") int diskSizeMb,
      String state,
      Map<String, String> metadata) {}
}
