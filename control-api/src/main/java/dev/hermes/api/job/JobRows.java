package dev.hermes.api.job;

import dev.hermes.crds.Tool;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The rows of jobs, wherever the tenant's content lies. Each change asks that the job still lives,
 * so that of two ends the first one counts. All join the caller's transaction.
 */
@Singleton
final class JobRows {
  private static final String OF = " where tenant_id = :tenant and job_id = :job";
  private static final String LIVE = OF + " and status in ('queued', 'running')";

  private final TenantDatabase database;

  JobRows(TenantDatabase database) {
    this.database = database;
  }

  void insert(Job job) {
    database.inTenant(
        job.tenant(),
        handle ->
            handle
                .createUpdate(
                    """
                    insert into jobs
                      (tenant_id, job_id, user_id, key_id, request_id, policy, language, code,
                       timeout_seconds, environment, inputs, artifacts, metadata, status, created_at)
                    values
                      (:tenant, :job, :user, :key, :request, :policy, :language, :code,
                       :timeout, :environment::jsonb, :inputs::jsonb, :artifacts::jsonb,
                       :metadata::jsonb, 'queued', :created)
                    """)
                .bind("tenant", job.tenant().value())
                .bind("job", job.id())
                .bind("user", job.asker().user())
                .bind("key", job.asker().keyId())
                .bind("request", job.asker().requestId())
                .bind("policy", job.wish().policy())
                .bind("language", job.wish().language().wire())
                .bind("code", job.wish().code())
                .bind("timeout", job.wish().timeout().toSeconds())
                .bind("environment", JobJson.write(job.wish().environment()))
                .bind("inputs", JobJson.write(job.wish().inputs()))
                .bind("artifacts", JobJson.write(job.wish().artifacts()))
                .bind("metadata", JobJson.write(job.wish().metadata()))
                .bind("created", job.createdAt().atOffset(ZoneOffset.UTC))
                .execute());
  }

  Optional<Job> find(TenantId tenant, UUID job) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery("select * from jobs" + OF)
                .bind("tenant", tenant.value())
                .bind("job", job)
                .map((row, context) -> read(tenant, row))
                .findOne());
  }

  /**
   * Newest first.
   *
   * @param user empty: those of all users
   * @param before only jobs older than this one
   */
  List<Job> list(TenantId tenant, Optional<String> user, Optional<UUID> before, int limit) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select * from jobs
                     where tenant_id = :tenant
                       and (:user::text is null or user_id = :user)
                       and (:before::uuid is null or job_id < :before)
                     order by job_id desc limit :limit
                    """)
                .bind("tenant", tenant.value())
                .bind("user", user)
                .bind("before", before)
                .bind("limit", limit)
                .map((row, context) -> read(tenant, row))
                .list());
  }

  /** It may be started from now on, in this sandbox; false when it has ended before. */
  boolean begun(Job job, UUID sandbox, Instant now) {
    return database.inTenant(
            job.tenant(),
            handle ->
                handle
                    .createUpdate(
                        "update jobs set status = 'running', sandbox = :sandbox, started_at = :now"
                            + OF
                            + " and status = 'queued'")
                    .bind("sandbox", sandbox)
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("tenant", job.tenant().value())
                    .bind("job", job.id())
                    .execute())
        == 1;
  }

  /**
   * It has ended; false when it had before. What it was given, secrets perhaps, is forgotten.
   *
   * @param keeper the turn under which its artefacts were collected; empty: whoever has the turn
   */
  boolean ended(Job job, JobEnding ending, Optional<UUID> keeper, Instant now) {
    JobOutput output = ending.output();
    return database.inTenant(
            job.tenant(),
            handle ->
                handle
                    .createUpdate(
                        """
                        update jobs
                           set status = :status, reason = :reason, exit_code = :exit,
                               stdout = :stdout, stderr = :stderr,
                               stdout_truncated = :stdoutCut, stderr_truncated = :stderrCut,
                               left_out = :leftOut, finished_at = :now,
                               environment = '{}', inputs = '{}'
                        """
                            + LIVE
                            + " and (:keeper::uuid is null or keeper = :keeper)")
                    .bind("status", ending.status().wire())
                    .bind("reason", ending.reason())
                    .bind("exit", output.exitCode())
                    .bind("stdout", output.stdout())
                    .bind("stderr", output.stderr())
                    .bind("stdoutCut", output.stdoutTruncated())
                    .bind("stderrCut", output.stderrTruncated())
                    .bind("leftOut", ending.leftOut())
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("keeper", keeper)
                    .bind("tenant", job.tenant().value())
                    .bind("job", job.id())
                    .execute())
        == 1;
  }

  void remove(TenantId tenant, UUID job) {
    database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate("delete from jobs" + OF)
                .bind("tenant", tenant.value())
                .bind("job", job)
                .execute());
  }

  private static Job read(TenantId tenant, ResultSet row) throws SQLException {
    return new Job(
        tenant,
        row.getObject("job_id", UUID.class),
        new Job.Asker(
            row.getString("user_id"), row.getString("key_id"), row.getString("request_id")),
        new JobWish(
            row.getString("policy"),
            Tool.valueOf(row.getString("language").toUpperCase(Locale.ROOT)),
            row.getString("code"),
            Duration.ofSeconds(row.getInt("timeout_seconds")),
            JobJson.map(row.getString("environment")),
            JobJson.map(row.getString("inputs")),
            JobJson.list(row.getString("artifacts")),
            JobJson.map(row.getString("metadata"))),
        row.getObject("created_at", OffsetDateTime.class).toInstant(),
        state(row));
  }

  private static Job.State state(ResultSet row) throws SQLException {
    return new Job.State(
        JobStatus.read(row.getString("status")),
        Optional.ofNullable(row.getString("reason")),
        Optional.ofNullable(row.getObject("sandbox", UUID.class)),
        new JobOutput(
            Optional.ofNullable(row.getObject("exit_code", Integer.class)),
            Optional.ofNullable(row.getString("stdout")),
            Optional.ofNullable(row.getString("stderr")),
            row.getBoolean("stdout_truncated"),
            row.getBoolean("stderr_truncated")),
        row.getInt("left_out"),
        instant(row.getObject("started_at", OffsetDateTime.class)),
        instant(row.getObject("finished_at", OffsetDateTime.class)));
  }

  private static Optional<Instant> instant(@Nullable OffsetDateTime at) {
    return Optional.ofNullable(at).map(OffsetDateTime::toInstant);
  }
}
