package dev.hermes.api.model;

import dev.hermes.database.access.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Figures of model calls; model names are the platform's, never the client's. */
@Singleton
public final class ModelMetrics {
  private final MeterRegistry meters;

  ModelMetrics(MeterRegistry meters) {
    this.meters = meters;
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
   * @param status succeeded, failed, aborted
   */
  public void call(String model, String provider, String status, long nanos) {
    meters
        .timer(
            "hermes_llm_request_duration", "provider", provider, "model", model, "status", status)
        .record(Duration.ofNanos(nanos));
  }

  private void count(
      TenantId tenant, String model, String provider, String direction, long tokens) {
    meters
        .counter(
            "hermes_llm_tokens",
            "tenant_id",
            tenant.toString(),
            "model",
            model,
            "provider",
            provider,
            "direction",
            direction)
        .increment(tokens);
  }
}
