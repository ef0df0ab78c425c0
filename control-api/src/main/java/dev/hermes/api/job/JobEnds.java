package dev.hermes.api.job;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.body.Sha256;
import dev.hermes.api.receipt.Content;
import dev.hermes.api.receipt.FinishedReceipt;
import dev.hermes.api.receipt.FinishedReceipt.Status;
import dev.hermes.api.receipt.Receipt;
import dev.hermes.api.receipt.Receipts;
import dev.hermes.api.sandbox.JobSandboxes;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Ends jobs: the row and its receipt first, in one transaction, then the sandbox, then the step.
 * What breaks off in between is gone on with at the job's next turn.
 */
@Singleton
final class JobEnds {
  private final TenantDatabase database;
  private final JobRows rows;
  private final JobTurns turns;
  private final JobSandboxes sandboxes;
  private final Receipts receipts;
  private final AuditLog audit;
  private final Clock clock;
  private final Duration kept;

  /**
   * @param kept how long artefacts stay after the end of their job
   */
  JobEnds(
      TenantDatabase database,
      JobRows rows,
      JobTurns turns,
      JobSandboxes sandboxes,
      Receipts receipts,
      AuditLog audit,
      Clock clock,
      @Value("${hermes.job-artifacts-kept:7d}") Duration kept) {
    this.database = database;
    this.rows = rows;
    this.turns = turns;
    this.sandboxes = sandboxes;
    this.receipts = receipts;
    this.audit = audit;
    this.clock = clock;
    this.kept = kept;
  }

  /** The job's receipt: by the job's own id and time, so that it is the same each time. */
  static Receipt receipt(Job job) {
    MessageDigest digest = Sha256.digest();
    digest.update(job.wish().code().getBytes(StandardCharsets.UTF_8));
    return new Receipt(
        job.id(),
        job.createdAt(),
        job.asker().requestId(),
        "",
        Optional.empty(),
        job.asker().user(),
        job.wish().language().wire(),
        job.wish().policy(),
        Optional.of(Sha256.of(digest)));
  }

  /** Ends a job, whoever has its turn; false when it had ended before. */
  boolean end(Job job, JobEnding ending) {
    return end(job, ending, Optional.empty());
  }

  /** The same for who has collected its artefacts, if nobody else has begun to since. */
  boolean end(Job job, JobEnding ending, Optional<UUID> keeper) {
    Instant now = clock.instant();
    boolean first =
        database.inTenant(
            job.tenant(),
            handle -> {
              if (!rows.ended(job, ending, keeper, now)) {
                return false;
              }
              // as it is now: it may have been started since the caller read it
              rows.find(job.tenant(), job.id())
                  .filter(it -> it.state().sandbox().isPresent())
                  .ifPresent(it -> witness(it, ending, now));
              return true;
            });
    if (first) {
      settle(job.tenant(), job.id());
    }
    return first;
  }

  /** The row says that it has ended: nothing is to run for it any more. */
  void settle(TenantId tenant, UUID job) {
    turns
        .find(tenant, job)
        .flatMap(JobTurns.Standing::lease)
        .ifPresent(lease -> sandboxes.end(tenant, lease));
    // last: until then its next turn does all of this again
    turns.ended(tenant, job, kept);
  }

  private void witness(Job job, JobEnding ending, Instant now) {
    receipts.finish(
        job.tenant(),
        List.of(
            new FinishedReceipt(
                receipt(job),
                status(ending.status()),
                job.state().sandbox().map(UUID::toString).orElse(""),
                Content.of(ending.output().text()),
                ending.output().exitCode(),
                Duration.between(job.state().startedAt().orElse(now), now).toMillis(),
                ending.output().truncated(),
                now)));
    audit.record(
        job.tenant(),
        new AuditLog.Entry(
            job.asker().user(),
            "tool.execute",
            job.wish().language().wire(),
            AuditLog.Outcome.ALLOWED,
            Map.of("receipt", job.id().toString(), "job", job.id().toString()),
            job.asker().requestId()));
  }

  private static Status status(JobStatus status) {
    return switch (status) {
      case SUCCEEDED -> Status.SUCCEEDED;
      case TIMED_OUT -> Status.TIMEOUT;
      default -> Status.FAILED;
    };
  }
}
