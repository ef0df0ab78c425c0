package dev.hermes.operator.canary;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the daemon's probe wrote (sandbox/daemon/internal/probe); absent is what it did not do. */
@JsonIgnoreProperties(ignoreUnknown = true)
record CanaryReport(
    @Nullable Kernel kernel,
    @Nullable Cpu cpu,
    @Nullable Pids pids,
    @Nullable Network network,
    @Nullable Egress egress,
    @Nullable Taken memory,
    @Nullable Taken disk) {
  private static final ObjectMapper JSON = new ObjectMapper();

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Kernel(boolean gvisor, @Nullable String version, @Nullable String bootId) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Cpu(long millicores) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Pids(int limit, int asked, int started, boolean limited, @Nullable String ended) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Network(int targets, @Nullable List<String> answered, @Nullable String fault) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Egress(int status, @Nullable String error) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Taken(long asked, long taken, @Nullable String refused, boolean done) {}

  /** Empty when it is none. */
  static Optional<CanaryReport> parse(@Nullable String message) {
    if (message == null || !message.startsWith("{")) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(JSON.readValue(message, CanaryReport.class));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
