package dev.hermes.api.metric;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;

@Factory
final class MeterBeans {

  @Singleton
  @Bean(
      typed = {MeterRegistry.class, PrometheusMeterRegistry.class},
      preDestroy = "close")
  PrometheusMeterRegistry meters(JvmGcMetrics gc, TenantLabel tenants) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.config().meterFilter(tenants).meterFilter(new Histograms());
    new JvmMemoryMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    gc.bindTo(registry);
    return registry;
  }

  @Singleton
  @Bean(preDestroy = "close")
  JvmGcMetrics gc() {
    return new JvmGcMetrics();
  }
}
