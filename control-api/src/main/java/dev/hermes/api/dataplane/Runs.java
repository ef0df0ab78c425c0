package dev.hermes.api.dataplane;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.problem.Failures;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.receipt.Receipts;
import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.api.sandbox.HeldLeases;
import dev.hermes.api.trace.RequestScope;
import dev.hermes.crds.Tool;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receipts of executions on the data plane: begun before the daemon is asked, finished when the
 * answer has passed. All of it asks the database, so no event loop calls it.
 */
@Singleton
final class Runs {
  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);

  private final TenantDatabase database;
  private final HeldLeases leases;
  private final Receipts receipts;
  private final AuditLog audit;
  private final Clock clock;

  Runs(TenantDatabase database, HeldLeases leases, Receipts receipts, AuditLog audit, Clock clock) {
    this.database = database;
    this.leases = leases;
    this.receipts = receipts;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * Begins a receipt in the sandbox that the check lets in: in one transaction with the check, or
   * in one after it when the tenant's content is in another database. Throws what either throws,
   * and then nothing may run.
   */
  Run begin(TenantId tenant, Tool tool, Supplier<HeldLease> check) {
    return leases.with(database, tenant, () -> begin(tenant, tool, check.get()));
  }

  private Run begin(TenantId tenant, Tool tool, HeldLease lease) {
    Receipt receipt =
        Receipt.streaming(
            clock.instant(), RequestId.next(), lease.user(), tool.wire(), lease.policy());
    receipts.begin(tenant, receipt, lease.id().toString());
    return new Run(tenant, lease, receipt);
  }

  /** Finishes the receipt; one that cannot be written now stays begun, as after a crash. */
  void finish(Run run, Run.End end) {
    try (var _ = RequestScope.working(run.receipt().requestId(), run.tenant().toString())) {
      write(run, end);
    }
  }

  private void write(Run run, Run.End end) {
    try {
      FinishedReceipt finished = finished(run, end, clock.instant());
      database.inTenant(
          run.tenant(),
          handle -> {
            receipts.finish(run.tenant(), List.of(finished));
            audit.record(run.tenant(), entry(run, end));
            return true;
          });
    } catch (RuntimeException e) {
      Receipt begun = run.receipt();
      if (Failures.isDatabaseAway(e)) {
        LOG.warn(
            "{}: receipt {} stays pending, the database is away", begun.requestId(), begun.id());
      } else {
        LOG.error("{}: receipt {} stays pending", begun.requestId(), begun.id(), e);
      }
    }
  }

  private static FinishedReceipt finished(Run run, Run.End end, Instant now) {
    return new FinishedReceipt(
        run.receipt().withInput(end.input().hash()),
        end.whole() ? Status.SUCCEEDED : Status.FAILED,
        run.lease().id().toString(),
        end.output(),
        Optional.empty(),
        Duration.between(run.receipt().createdAt(), now).toMillis(),
        false,
        now);
  }

  private static AuditLog.Entry entry(Run run, Run.End end) {
    Receipt receipt = run.receipt();
    return new AuditLog.Entry(
        receipt.user(),
        "tool.execute",
        receipt.tool(),
        AuditLog.Outcome.ALLOWED,
        Map.of(
            "receipt",
            receipt.id().toString(),
            "plane",
            "data",
            "input_bytes",
            Long.toString(end.input().bytes())),
        receipt.requestId());
  }
}
