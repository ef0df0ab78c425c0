package dev.hermes.egress.report;

import dev.hermes.crds.egress.EgressReport;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/** Bytes of each tenant since they were last taken. */
final class UsageMeter {
  private record Bytes(LongAdder out, LongAdder in) {}

  private final Map<String, Bytes> tenants = new ConcurrentHashMap<>();

  void sent(String tenantId, long bytes) {
    of(tenantId).out().add(bytes);
  }

  void received(String tenantId, long bytes) {
    of(tenantId).in().add(bytes);
  }

  private Bytes of(String tenantId) {
    return tenants.computeIfAbsent(
        tenantId, unknown -> new Bytes(new LongAdder(), new LongAdder()));
  }

  /**
   * What came together in the minute that ends now; tenants without a byte are left out.
   *
   * @param wait tenants whose bytes go on adding up
   */
  Map<String, EgressReport.Usage> take(Instant now, Predicate<String> wait) {
    String minute = now.minus(1, ChronoUnit.MINUTES).truncatedTo(ChronoUnit.MINUTES).toString();
    Map<String, EgressReport.Usage> usage = new HashMap<>();
    tenants.forEach((tenant, bytes) -> {
      if (wait.test(tenant)) {
        return;
      }
      long out = bytes.out().sumThenReset();
      long in = bytes.in().sumThenReset();
      if (out > 0 || in > 0) {
        usage.put(tenant, new EgressReport.Usage(minute, out, in));
      }
    });
    return usage;
  }
}
