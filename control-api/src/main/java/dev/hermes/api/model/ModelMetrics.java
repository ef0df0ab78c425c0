package dev.hermes.api.model;

import dev.hermes.api.metric.TenantLabel;
import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Figures of model calls; model names are the platform's, never the client's. */
@Singleton
public final class ModelMetrics {
  private final MeterRegistry meters;
  private final TenantLabel tenants;

  ModelMetrics(MeterRegistry meters, TenantLabel tenants) {
    this.meters = meters;
    this.tenants = tenants;
  }

  /** What an answer of that provider used. */
  public void tokens(TenantId tenant, String model, String provider, TokenUsage usage) {
    count(tenant, model, provider, "prompt", usage.prompt());
    count(tenant, model, provider, "completion", usage.completion());
  }

  /**
   * A call is over.
   *
   * @param provider the model's first one
   * @param status succeeded, refused (the request is at fault), failed, aborted
   */
  public void call(String model, String provider, String status, long nanos) {
    meters
        .timer(
            "hermes_llm_request_duration", "provider", provider, "model", model, "status", status)
        .record(Duration.ofNanos(nanos));
  }

  private void count(
      TenantId tenant, String model, String provider, String direction, long tokens) {
    // vectors have no completion, and the cache takes nothing
    if (tokens == 0) {
      return;
    }
    meters
        .counter(
            "hermes_llm_tokens",
            TenantLabel.TAG,
            tenants.of(tenant),
            "model",
            model,
            "provider",
            provider,
            "direction",
            direction)
        .increment(tokens);
  }
}
