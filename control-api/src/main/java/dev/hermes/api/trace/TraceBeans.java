package dev.hermes.api.trace;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Sends traces where OTEL_EXPORTER_OTLP_ENDPOINT says; without it nothing of this is loaded. */
@Factory
@Requires(property = "otel.exporter.otlp.endpoint")
final class TraceBeans {
  private static final int MOST_WAITING = 2048;
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  /**
   * @param endpoint of OTLP over HTTP, without the path of the signal, as OpenTelemetry has it
   */
  @Singleton
  @Bean(typed = Traces.class, preDestroy = "close")
  OtelTraces traces(
      @Value("${otel.exporter.otlp.endpoint}") String endpoint,
      @Value("${otel.traces.sampler.arg:1}") double ratio,
      @Value("${otel.bsp.schedule.delay:2000}") long delayMillis,
      @Value("${pod.name:}") String pod,
      MeterRegistry meters) {
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint.replaceAll("/+$", "") + "/v1/traces")
            .setConnectTimeout(CONNECT)
            .setTimeout(ANSWER)
            .setCompression("gzip")
            .build();
    return new OtelTraces(
        new Outgoing(exporter, MOST_WAITING, Duration.ofMillis(delayMillis), meters), ratio, pod);
  }
}
