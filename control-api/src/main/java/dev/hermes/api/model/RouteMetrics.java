package dev.hermes.api.model;

import dev.hermes.api.model.route.Breaker;
import dev.hermes.api.model.route.RouteEvents;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import jakarta.inject.Singleton;

/** Figures of routes; the names of providers are the platform's. */
@Singleton
final class RouteMetrics implements RouteEvents {
  private final MeterRegistry meters;

  RouteMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  /** 0 closed, 1 half open, 2 open. */
  void watch(String provider, Breaker breaker) {
    meters.gauge(
        "hermes_breaker_state",
        Tags.of("connector", provider),
        breaker,
        it -> it.state().ordinal());
  }

  @Override
  public void retried(String provider, String why) {
    meters.counter("hermes_llm_retries", "provider", provider, "reason", why).increment();
  }

  @Override
  public void shut(String provider) {
    meters.counter("hermes_llm_calls_shut", "provider", provider).increment();
  }

  @Override
  public void fellBack(String provider) {
    meters.counter("hermes_llm_fallbacks", "provider", provider).increment();
  }
}
