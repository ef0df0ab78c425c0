package dev.hermes.api.job;

import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.audit.AuditLog.Outcome;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.crds.Role;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.id.UuidV7;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Takes, shows, cancels and removes jobs. A user sees its own, an admin or owner the whole
 * tenant's; whatever else there is does not exist for the caller.
 */
@Singleton
final class Jobs {
  /** Until then the row with the content of a new job is there, or will never be. */
  private static final Duration MADE = Duration.ofSeconds(5);

  private final TenantDatabase database;
  private final JobRows rows;
  private final ArtifactRows artifacts;
  private final JobTurns turns;
  private final JobQueue queue;
  private final JobEnds ends;
  private final AuditLog audit;
  private final Clock clock;
  private final int mostQueued;

  Jobs(
      TenantDatabase database,
      JobRows rows,
      ArtifactRows artifacts,
      JobTurns turns,
      JobQueue queue,
      JobEnds ends,
      AuditLog audit,
      Clock clock,
      @Value("${hermes.job-queue:32}") int mostQueued) {
    this.database = database;
    this.rows = rows;
    this.artifacts = artifacts;
    this.turns = turns;
    this.queue = queue;
    this.ends = ends;
    this.audit = audit;
    this.clock = clock;
    this.mostQueued = mostQueued;
  }

  /** Puts a job in the queue; 429 when as many of the tenant's wait as may. */
  Job create(Principal caller, JobWish wish, String requestId) {
    TenantId tenant = caller.tenant();
    database.reach(tenant);
    Job job =
        new Job(
            tenant,
            UuidV7.next(),
            new Job.Asker(caller.user(), caller.keyId(), requestId),
            wish,
            clock.instant().truncatedTo(ChronoUnit.MICROS),
            Job.State.queued());
    // content may be in another database: a turn without a job is found and removed, a job without
    // a turn would wait for ever
    if (!queue.enqueue(tenant, job.id(), MADE, mostQueued)) {
      throw new ApiException(
          Failure.tooMany(
                  "job_queue_full",
                  "As many jobs of this tenant wait for a sandbox as may, "
                      + mostQueued
                      + "; try again when some have begun.")
              .retryAfter(10));
    }
    database.inTenant(
        tenant,
        handle -> {
          rows.insert(job);
          record(caller, "job.create", job.id(), Map.of("policy", wish.policy()), requestId);
          return true;
        });
    queue.ready(tenant, job.id());
    return job;
  }

  /** The caller's job of this id; 404 otherwise. */
  Job find(Principal caller, UUID id) {
    return rows.find(caller.tenant(), id)
        .filter(job -> owner(caller).filter(user -> !user.equals(job.asker().user())).isEmpty())
        .orElseThrow(() -> new ApiException(notFound(id.toString())));
  }

  List<Job> list(Principal caller, Optional<UUID> before, int limit) {
    return rows.list(caller.tenant(), owner(caller), before, limit);
  }

  /** Cancels a job that lives, and all that runs of it; removes one that has ended. */
  void delete(Principal caller, UUID id, String requestId) {
    Job job = find(caller, id);
    if (job.isLive()
        && ends.end(job, JobEnding.of(JobStatus.CANCELLED, "It was cancelled by a request."))) {
      record(caller, "job.cancel", id, Map.of(), requestId);
      return;
    }
    database.inTenant(
        caller.tenant(),
        handle -> {
          artifacts.remove(caller.tenant(), id);
          rows.remove(caller.tenant(), id);
          record(caller, "job.remove", id, Map.of(), requestId);
          return true;
        });
    ends.settle(caller.tenant(), id);
    turns.remove(caller.tenant(), id);
  }

  /** What the job left, by path. */
  List<Artifact> artifacts(Job job) {
    return artifacts.list(job.tenant(), job.id());
  }

  /** An id that is none is that of no job. */
  static UUID id(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new ApiException(notFound(text));
    }
  }

  private static Failure notFound(String id) {
    return Failure.notFound("There is no job '" + id + "'. GET /v1/jobs lists those there are.");
  }

  private void record(
      Principal caller, String action, UUID id, Map<String, String> detail, String requestId) {
    audit.record(
        caller.tenant(),
        new AuditLog.Entry(caller.user(), action, "job:" + id, Outcome.ALLOWED, detail, requestId));
  }

  /** Empty when the caller may see the whole tenant's. */
  private static Optional<String> owner(Principal caller) {
    return caller.hasAny(Role.ADMIN, Role.OWNER) ? Optional.empty() : Optional.of(caller.user());
  }
}
