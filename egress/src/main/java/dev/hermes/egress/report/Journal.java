package dev.hermes.egress.report;

import dev.hermes.egress.access.Refusal;
import dev.hermes.egress.access.Sandbox;
import dev.hermes.egress.destination.Destination;
import dev.hermes.egress.health.EgressMetrics;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what the connections tell: figures at once, the rest by a thread of its own, so that
 * neither a slow API server nor a loud sandbox holds up a connection.
 */
public final class Journal implements Observer {
  private static final Logger log = LoggerFactory.getLogger("dev.hermes.egress.denied");
  private static final int WAITING = 2_000;

  private final EgressMetrics metrics;
  private final UsageMeter usage = new UsageMeter();
  private final Pace loud = new Pace(50, Duration.ofSeconds(10).toNanos(), System::nanoTime);
  private final BlockingQueue<Denied> waiting = new LinkedBlockingQueue<>(WAITING);
  private final Clock clock;
  private final Outbox outbox;
  private final boolean reporting;
  private final Consumer<Denied> events;

  /**
   * @param reports empty: denials end in log, Events and metrics alone
   */
  public Journal(
      EgressMetrics metrics,
      Optional<Reports> reports,
      String instance,
      Optional<PodEvents> events,
      Clock clock) {
    this.metrics = metrics;
    this.clock = clock;
    this.reporting = reports.isPresent();
    this.outbox = new Outbox(reports.orElse(report -> {}), instance, metrics::dropped);
    this.events = denied -> events.ifPresent(writer -> writer.publish(denied));
  }

  @Override
  public void denied(
      String ip, Optional<Sandbox> sandbox, Optional<Destination> destination, Refusal refusal) {
    metrics.denied(sandbox.map(Sandbox::tenantName).orElse("unknown"), refusal.reason());
    Denied denied = new Denied(clock.instant(), ip, sandbox, destination, refusal);
    if (!loud.allows(sandbox.map(Sandbox::uid).orElse(ip)) || !waiting.offer(denied)) {
      metrics.dropped(1);
    }
  }

  @Override
  public void failed(Sandbox sandbox, Destination destination, String why) {
    metrics.failed(sandbox.tenantName());
    log.info("{} to {}: {}", sandbox.uid(), destination, why);
  }

  @Override
  public void sent(Sandbox sandbox, long bytes) {
    metrics.bytes(sandbox.tenantName(), "out", bytes);
    usage.sent(sandbox.tenantId(), bytes);
  }

  @Override
  public void received(Sandbox sandbox, long bytes) {
    metrics.bytes(sandbox.tenantName(), "in", bytes);
    usage.received(sandbox.tenantId(), bytes);
  }

  /** Writes what waits; the thread of this method does it without end. */
  public void writeForever() throws InterruptedException {
    while (true) {
      write(waiting.take());
    }
  }

  private void write(Denied denied) {
    log.atInfo()
        .addKeyValue("tenant", denied.sandbox().map(Sandbox::tenantId).orElse("-"))
        .addKeyValue("pod", denied.sandbox().map(Sandbox::uid).orElse("-"))
        .addKeyValue("ip", denied.ip())
        .addKeyValue("host", denied.destination().map(Destination::host).orElse("-"))
        .addKeyValue("port", denied.destination().map(Destination::port).orElse(0))
        .addKeyValue("reason", denied.refusal().reason())
        .log("refused: {}", denied.refusal().message());
    if (reporting) {
      outbox.add(denied);
    }
    events.accept(denied);
  }

  /** Once a minute. */
  public void takeUsage() {
    if (reporting) {
      outbox.add(usage.take(clock.instant(), outbox::hasUsage));
    }
  }

  /** Every few seconds, by one thread. */
  public void flush() throws InterruptedException {
    if (reporting) {
      outbox.flush();
    }
  }
}
