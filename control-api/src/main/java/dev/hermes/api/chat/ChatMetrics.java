package dev.hermes.api.chat;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/** Figures of completions. */
@Singleton
final class ChatMetrics {
  private final MeterRegistry meters;

  ChatMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  void completion(String status) {
    meters.counter("hermes_chat_completions", "status", status).increment();
  }

  void usageLost() {
    meters.counter("hermes_usage_records_lost").increment();
  }
}
