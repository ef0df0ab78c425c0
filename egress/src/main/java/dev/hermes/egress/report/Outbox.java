package dev.hermes.egress.report;

import dev.hermes.crds.egress.EgressReport;
import dev.hermes.egress.access.Sandbox;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is to be reported until it is taken, up to a bound; beyond it new denials are dropped
 * and counted. Usage is not dropped: while some waits here, more adds up in the meter. Each tenant
 * has reports of its own: one whose database is away holds up no other's.
 */
final class Outbox {
  static final int MOST = 10_000;
  static final int MOST_A_TENANT = 2_000;
  private static final Logger log = LoggerFactory.getLogger(Outbox.class);

  private final Reports reports;
  private final String instance;
  private final LongConsumer dropped;
  private final Map<String, Waiting> tenants = new LinkedHashMap<>();
  private int held;

  /** What waits of one tenant. */
  private static final class Waiting {
    private final Queue<EgressReport.Denial> denials = new ArrayDeque<>();
    private EgressReport.@Nullable Usage usage;
    private @Nullable EgressReport unsent;
  }

  /**
   * @param instance name of this pod
   * @param dropped gets numbers of denials that are lost to the API
   */
  Outbox(Reports reports, String instance, LongConsumer dropped) {
    this.reports = reports;
    this.instance = instance;
    this.dropped = dropped;
  }

  /** A refusal of somebody who is no sandbox is nobody's, and is not reported. */
  synchronized void add(Denied denied) {
    if (denied.sandbox().isEmpty()) {
      return;
    }
    Sandbox sandbox = denied.sandbox().get();
    Waiting waiting = of(sandbox.tenantId());
    if (held >= MOST || waiting.denials.size() >= MOST_A_TENANT) {
      dropped.accept(1);
    } else {
      waiting.denials.add(denial(sandbox, denied));
      held++;
    }
  }

  synchronized void add(Map<String, EgressReport.Usage> usage) {
    usage.forEach((tenant, bytes) -> of(tenant).usage = bytes);
  }

  synchronized boolean hasUsage(String tenant) {
    Waiting waiting = tenants.get(tenant);
    return waiting != null
        && (waiting.usage != null || waiting.unsent != null && waiting.unsent.usage() != null);
  }

  /** Sends until nothing is left or it fails; by one thread. */
  void flush() throws InterruptedException {
    for (String tenant : waiting()) {
      try {
        for (EgressReport next = next(tenant); next != null; next = next(tenant)) {
          reports.send(next);
          sent(tenant);
        }
      } catch (NotTakenException e) {
        log.warn("report of tenant {} not taken, sent again later: {}", tenant, e.getMessage());
      } catch (IOException e) {
        log.warn("reports not taken, sent again later: {}", e.toString());
        return;
      }
    }
  }

  private Waiting of(String tenant) {
    return tenants.computeIfAbsent(tenant, unknown -> new Waiting());
  }

  private synchronized List<String> waiting() {
    return List.copyOf(tenants.keySet());
  }

  /** The one that was not taken comes again as it was, so that its receiver can tell. */
  private synchronized @Nullable EgressReport next(String tenant) {
    Waiting waiting = of(tenant);
    if (waiting.unsent == null) {
      if (waiting.denials.isEmpty() && waiting.usage == null) {
        tenants.remove(tenant);
        return null;
      }
      List<EgressReport.Denial> some = new ArrayList<>();
      while (some.size() < EgressReport.MOST_DENIALS && !waiting.denials.isEmpty()) {
        some.add(waiting.denials.remove());
      }
      held -= some.size();
      waiting.unsent =
          new EgressReport(UUID.randomUUID().toString(), instance, tenant, some, waiting.usage);
      waiting.usage = null;
    }
    return waiting.unsent;
  }

  private synchronized void sent(String tenant) {
    of(tenant).unsent = null;
  }

  private static EgressReport.Denial denial(Sandbox sandbox, Denied denied) {
    return new EgressReport.Denial(
        denied.time().truncatedTo(ChronoUnit.MILLIS).toString(),
        sandbox.uid(),
        sandbox.sandboxId(),
        denied.destination().map(to -> to.host()).orElse(null),
        denied.destination().map(to -> to.port()).orElse(0),
        denied.refusal().reason());
  }
}
