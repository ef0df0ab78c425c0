package dev.hermes.api.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;

/**
 * Which requests are traced: a share of them, by the trace's id, so that programs of the same share
 * keep the same traces. What a caller does not trace is not traced; that it does trace is no order,
 * for how much is kept here is not the callers' to say.
 */
final class OtelShare implements Sampler {
  private static final SamplingResult DROP = SamplingResult.create(SamplingDecision.DROP);
  private static final SamplingResult KEEP =
      SamplingResult.create(SamplingDecision.RECORD_AND_SAMPLE);

  private final Sampler share;

  OtelShare(double ratio) {
    this.share = Sampler.traceIdRatioBased(ratio);
  }

  @Override
  public SamplingResult shouldSample(
      Context parent,
      String traceId,
      String name,
      SpanKind kind,
      Attributes attributes,
      List<LinkData> links) {
    SpanContext before = Span.fromContext(parent).getSpanContext();
    if (before.isValid() && !before.isSampled()) {
      return DROP;
    }
    // a part of what is kept
    return before.isValid() && !before.isRemote()
        ? KEEP
        : share.shouldSample(parent, traceId, name, kind, attributes, links);
  }

  @Override
  public String getDescription() {
    return "Share{" + share.getDescription() + "}";
  }
}
