package dev.hermes.api.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micronaut.http.HttpRequest;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What becomes of spans when the collector is well, slow or away. */
class OutgoingTest {
  private static final int MOST = 100;

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final List<SpanData> sent = new CopyOnWriteArrayList<>();

  private OtelTraces traces(Function<Collection<SpanData>, CompletableResultCode> export) {
    return traces(export, 1);
  }

  private OtelTraces traces(
      Function<Collection<SpanData>, CompletableResultCode> export, double ratio) {
    SpanExporter exporter =
        new SpanExporter() {
          @Override
          public CompletableResultCode export(Collection<SpanData> spans) {
            sent.addAll(spans);
            return export.apply(spans);
          }

          @Override
          public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
          }

          @Override
          public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
          }
        };
    return new OtelTraces(
        new Outgoing(exporter, MOST, Duration.ofMillis(20), meters), ratio, "pod-1");
  }

  private static HttpRequest<?> request(String... traceparent) {
    var request = HttpRequest.POST("/v1/secret-name?q=secret", "");
    for (String parent : traceparent) {
      request.header("traceparent", parent).header("tracestate", "a=secret");
    }
    return request;
  }

  private double dropped(String reason) {
    return meters.counter("hermes_trace_spans_dropped", "reason", reason).count();
  }

  @Test
  @DisplayName("OBS-6 the caller's trace goes on, without what the caller wrote beside it")
  void goesOn() {
    OtelTraces traces = traces(spans -> CompletableResultCode.ofSuccess());
    Step step = traces.begin(request("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    step.close();
    traces.begin(request()).close();
    traces.begin(request("00-nonsense-01")).close();
    traces.close();
    assertThat(sent).hasSize(3);
    SpanData first = sent.getFirst();
    assertThat(first.getTraceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(first.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(sent.get(1).getTraceId()).isNotEqualTo(first.getTraceId());
    assertThat(sent.get(1).getParentSpanContext().isValid()).isFalse();
    assertThat(sent.get(2).getParentSpanContext().isValid()).isFalse();
    assertThat(sent.toString()).doesNotContain("secret");
    assertThat(meters.counter("hermes_trace_spans_exported").count()).isEqualTo(3);
  }

  @Test
  @DisplayName(
      "what a caller does not trace is not traced; how much is, is not the caller's to say")
  void sampled() {
    OtelTraces all = traces(spans -> CompletableResultCode.ofSuccess());
    Step left = all.begin(request("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
    assertThat(left.header().orElseThrow()).startsWith("00-4bf9").endsWith("-00");
    left.close();
    all.close();
    OtelTraces none = traces(spans -> CompletableResultCode.ofSuccess(), 0);
    none.begin(request("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")).close();
    none.close();
    assertThat(sent).isEmpty();
  }

  @Test
  @DisplayName("RES-11 a collector that does not answer: nobody waits, all that is lost is counted")
  void slow() {
    CompletableResultCode never = new CompletableResultCode();
    OtelTraces traces = traces(spans -> never);
    Instant begun = Instant.now();
    for (int i = 0; i < 10 * MOST; i++) {
      traces.begin(request()).close();
    }
    assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(2));
    assertThat(dropped("queue_full")).isEqualTo(9.0 * MOST);
    Instant closing = Instant.now();
    traces.close();
    assertThat(Duration.between(closing, Instant.now())).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  @DisplayName(
      "RES-11 a collector that is away loses spans, and gets those that come after it is back")
  void away() {
    List<CompletableResultCode> answers = new CopyOnWriteArrayList<>();
    answers.add(CompletableResultCode.ofFailure());
    OtelTraces traces =
        traces(
            spans -> answers.isEmpty() ? CompletableResultCode.ofSuccess() : answers.removeFirst());
    traces.begin(request()).close();
    Awaitility.await().until(() -> dropped("export_failed") == 1);
    traces.begin(request()).close();
    Awaitility.await().until(() -> meters.counter("hermes_trace_spans_exported").count() == 1);
    assertThat(dropped("queue_full")).isZero();
    traces.close();
  }
}
