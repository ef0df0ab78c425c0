package dev.hermes.api.idempotency;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/** Counts requests whose key was there before them. */
@Singleton
final class RepetitionMetrics {
  private final MeterRegistry meters;

  RepetitionMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  void count(Repetition repetition) {
    meters.counter("hermes_idempotent_requests", "outcome", repetition.label()).increment();
  }
}
