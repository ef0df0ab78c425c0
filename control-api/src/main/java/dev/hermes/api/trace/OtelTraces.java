package dev.hermes.api.trace;

import io.micronaut.http.HttpRequest;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Traces as spans of OpenTelemetry's SDK. */
final class OtelTraces implements Traces {
  private static final int LONGEST_VALUE = 256;
  private static final long FLUSH_SECONDS = 3;
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

  private final SdkTracerProvider provider;
  private final Tracer tracer;

  /**
   * @param ratio of requests that are traced; see {@link OtelShare}
   */
  OtelTraces(SpanProcessor outgoing, double ratio, String instance) {
    this.provider =
        SdkTracerProvider.builder()
            .setResource(Resource.create(resource(instance)))
            .setSampler(new OtelShare(ratio))
            .setSpanLimits(SpanLimits.builder().setMaxAttributeValueLength(LONGEST_VALUE).build())
            .addSpanProcessor(outgoing)
            .build();
    this.tracer = provider.get("dev.hermes.api");
  }

  private static Attributes resource(String instance) {
    AttributesBuilder resource =
        Attributes.builder()
            .put("service.name", "hermes-control-api")
            .put("service.namespace", "hermes");
    return (instance.isEmpty() ? resource : resource.put("service.instance.id", instance)).build();
  }

  @Override
  public Step begin(HttpRequest<?> request) {
    String method = request.getMethodName().toUpperCase(Locale.ROOT);
    String known = METHODS.contains(method) ? method : "_OTHER";
    SpanBuilder span =
        tracer
            .spanBuilder(known.equals("_OTHER") ? "HTTP" : known)
            .setSpanKind(SpanKind.SERVER)
            .setParent(
                W3CTraceContextPropagator.getInstance()
                    .extract(Context.root(), request, Caller.HEADERS))
            .setAttribute("http.request.method", known)
            .setAttribute("url.scheme", "http");
    return new OtelStep(tracer, span.startSpan(), null);
  }

  /** Sends what is there, for a few seconds at most. */
  void close() {
    provider.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
  }

  /** Of the caller's trace its place, not its tracestate: that is text of the caller's making. */
  private enum Caller implements TextMapGetter<HttpRequest<?>> {
    HEADERS;

    @Override
    public Iterable<String> keys(HttpRequest<?> request) {
      return Collections.singleton("traceparent");
    }

    @Override
    public @Nullable String get(@Nullable HttpRequest<?> request, String key) {
      return request != null && key.equals("traceparent") ? request.getHeaders().get(key) : null;
    }
  }
}
