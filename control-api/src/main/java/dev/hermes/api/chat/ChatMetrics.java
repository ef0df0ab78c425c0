package dev.hermes.api.chat;

import dev.hermes.api.model.ModelAnswer;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Figures of model calls and completions; model names are the platform's, never the client's. */
@Singleton
final class ChatMetrics {
  private final MeterRegistry meters;

  ChatMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  void tokens(Turn turn, ModelAnswer answer) {
    count(turn, answer.provider(), "prompt", answer.usage().prompt());
    count(turn, answer.provider(), "completion", answer.usage().completion());
  }

  void modelCall(Turn turn, String status, long nanos) {
    meters
        .timer(
            "hermes_llm_request_duration",
            "provider",
            turn.model().provider().name(),
            "model",
            turn.model().model(),
            "status",
            status)
        .record(Duration.ofNanos(nanos));
  }

  void completion(String status) {
    meters.counter("hermes_chat_completions", "status", status).increment();
  }

  void usageLost() {
    meters.counter("hermes_usage_records_lost").increment();
  }

  private void count(Turn turn, String provider, String direction, long tokens) {
    meters
        .counter(
            "hermes_llm_tokens",
            "tenant_id",
            turn.caller().tenant().toString(),
            "model",
            turn.model().model(),
            "provider",
            provider,
            "direction",
            direction)
        .increment(tokens);
  }
}
