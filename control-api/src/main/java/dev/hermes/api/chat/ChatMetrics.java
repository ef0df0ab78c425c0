package dev.hermes.api.chat;

import dev.hermes.api.metric.TenantLabel;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Figures of turns: those that run, and how each ended. */
@Singleton
final class ChatMetrics {
  private final MeterRegistry meters;
  private final TenantLabel tenants;
  private final Clock clock;
  private final AtomicInteger running;

  // A session is active while a turn of it runs. Tenants that share a label share the gauge.
  private final Map<String, AtomicInteger> sessions = new ConcurrentHashMap<>();

  ChatMetrics(MeterRegistry meters, TenantLabel tenants, Clock clock) {
    this.meters = meters;
    this.tenants = tenants;
    this.clock = clock;
    this.running = meters.gauge("hermes_chat_turns_running", new AtomicInteger());
  }

  /** The turn runs until what is answered is closed. */
  Running running(Turn turn) {
    running.incrementAndGet();
    if (turn.session().isEmpty()) {
      return running::decrementAndGet;
    }
    AtomicInteger active =
        sessions.computeIfAbsent(tenants.of(turn.caller().tenant()), this::activeSessions);
    active.incrementAndGet();
    return () -> {
      active.decrementAndGet();
      running.decrementAndGet();
    };
  }

  void completion(Turn turn, String status) {
    meters.counter("hermes_chat_completions", "status", status).increment();
    Timer took = meters.timer("hermes_chat_duration", "status", status);
    took.record(Duration.between(turn.admitted(), clock.instant()));
  }

  /**
   * A summary was wanted.
   *
   * @param outcome made, slow, failed, aborted
   */
  void summary(String outcome) {
    meters.counter("hermes_chat_summaries", "outcome", outcome).increment();
  }

  private AtomicInteger activeSessions(String tenant) {
    AtomicInteger active = new AtomicInteger();
    Gauge.builder("hermes_active_sessions", active, AtomicInteger::get)
        .tag(TenantLabel.TAG, tenant)
        .register(meters);
    return active;
  }

  /** A turn on its way. */
  interface Running extends AutoCloseable {
    @Override
    void close();
  }
}
