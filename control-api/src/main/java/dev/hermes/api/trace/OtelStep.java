package dev.hermes.api.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A step that is a span. */
final class OtelStep extends Step {
  private final Tracer tracer;
  private final Span span;
  private final @Nullable Bound parent;

  /**
   * @param parent to come back to at the end; null: the first step of a request, which no thread of
   *     its own is at
   */
  OtelStep(Tracer tracer, Span span, @Nullable Bound parent) {
    this.tracer = tracer;
    this.span = span;
    this.parent = parent;
  }

  @Override
  public Step with(String key, String value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public Step with(String key, long value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public Step with(String key, List<String> values) {
    span.setAttribute(AttributeKey.stringArrayKey(key), values);
    return this;
  }

  @Override
  public Step failed(String type) {
    span.setStatus(StatusCode.ERROR);
    span.setAttribute("error.type", type);
    return this;
  }

  @Override
  public void close() {
    span.end();
    if (parent != null) {
      Bound.set(parent);
    }
  }

  /** Of what the sampler left out nothing more is made; other programs hear so by the header. */
  @Override
  Step child(String what, String of, boolean calling) {
    Bound now = Bound.CURRENT.get();
    if (now == null || !span.isRecording()) {
      return NONE;
    }
    SpanBuilder begun =
        tracer
            .spanBuilder(of.isEmpty() ? what : what + " " + of)
            .setParent(Context.root().with(span));
    if (calling) {
      begun.setSpanKind(SpanKind.CLIENT);
    }
    OtelStep step = new OtelStep(tracer, begun.startSpan(), now);
    Bound.set(new Bound(now.scope(), step));
    return step;
  }

  @Override
  Optional<String> header() {
    SpanContext context = span.getSpanContext();
    return Optional.of(
        "00-"
            + context.getTraceId()
            + "-"
            + context.getSpanId()
            + "-"
            + context.getTraceFlags().asHex());
  }

  @Override
  String traceId() {
    return span.getSpanContext().getTraceId();
  }

  @Override
  Step named(String name) {
    span.updateName(name);
    return this;
  }
}
