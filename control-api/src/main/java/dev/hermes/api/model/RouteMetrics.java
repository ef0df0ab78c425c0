package dev.hermes.api.model;

import dev.hermes.api.model.route.Breaker;
import dev.hermes.api.model.route.RouteEvents;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Figures of routes; the names of providers are the platform's. */
@Singleton
final class RouteMetrics implements RouteEvents {
  private final MeterRegistry meters;
  private final List<Meter> gauges = new ArrayList<>();

  RouteMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  /** The breakers of the upstreams there are: 0 closed, 1 half open, 2 open. */
  synchronized void watch(Map<String, Breaker> breakers) {
    gauges.forEach(meters::remove);
    gauges.clear();
    breakers.forEach((provider, breaker) ->
        gauges.add(
            Gauge.builder("hermes_breaker_state", breaker, it -> it.state().ordinal())
                .tag("connector", provider)
                .register(meters)));
    // from the start on, so that a rate sees the first one
    breakers
        .keySet()
        .forEach(provider -> {
          meters.counter("hermes_llm_calls_shut", "provider", provider);
          meters.counter("hermes_llm_fallbacks", "provider", provider);
        });
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
