package dev.hermes.api.trace;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spans on their way to the collector: so many wait at most, and who ends one never does. What is
 * lost because the collector is slow or away is counted, and nothing else comes of it.
 */
final class Outgoing implements SpanProcessor {
  private static final Logger LOG = LoggerFactory.getLogger(Outgoing.class);

  // the exporter's own words: a stack trace a batch; kept here, or it would come back with its
  // level
  private static final java.util.logging.Logger EXPORTER =
      java.util.logging.Logger.getLogger("io.opentelemetry");

  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicBoolean away = new AtomicBoolean();
  private final int most;
  private final SpanProcessor batches;
  private final Counter exported;
  private final Counter unsent;
  private final Counter overflowed;

  /**
   * @param most spans that wait
   */
  Outgoing(SpanExporter exporter, int most, Duration delay, MeterRegistry meters) {
    EXPORTER.setLevel(java.util.logging.Level.OFF);
    this.most = most;
    this.exported = meters.counter("hermes_trace_spans_exported");
    this.unsent = meters.counter("hermes_trace_spans_dropped", "reason", "export_failed");
    this.overflowed = meters.counter("hermes_trace_spans_dropped", "reason", "queue_full");
    // its own bound is never met, for ours is told what it drops
    this.batches =
        BatchSpanProcessor.builder(new Counted(exporter))
            .setMaxQueueSize(most)
            .setMaxExportBatchSize(Math.min(most, 512))
            .setScheduleDelay(delay)
            .build();
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    // nothing to add
  }

  @Override
  public boolean isStartRequired() {
    return false;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (!span.getSpanContext().isSampled()) {
      return;
    }
    if (waiting.incrementAndGet() > most) {
      waiting.decrementAndGet();
      overflowed.increment();
      return;
    }
    batches.onEnd(span);
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  @Override
  public CompletableResultCode shutdown() {
    return batches.shutdown();
  }

  @Override
  public CompletableResultCode forceFlush() {
    return batches.forceFlush();
  }

  /** Says it when things change. */
  private void ended(int spans, CompletableResultCode result) {
    boolean success = result.isSuccess();
    (success ? exported : unsent).increment(spans);
    if (away.getAndSet(!success) == success) {
      if (success) {
        LOG.info("the collector takes traces again");
      } else {
        LOG.warn(
            "the collector takes no traces, they are dropped until it does: {}",
            String.valueOf(result.getFailureThrowable()));
      }
    }
  }

  /** Counts what leaves. */
  private final class Counted implements SpanExporter {
    private final SpanExporter exporter;

    Counted(SpanExporter exporter) {
      this.exporter = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      int many = spans.size();
      CompletableResultCode result = exporter.export(spans);
      return result.whenComplete(() -> {
        waiting.addAndGet(-many);
        ended(many, result);
      });
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
