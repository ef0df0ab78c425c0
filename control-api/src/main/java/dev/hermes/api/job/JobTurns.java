package dev.hermes.api.job;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/**
 * Who has the turn at which job, and the step it is at. The rows are in the platform's database,
 * whatever the job's content is in; they hold ids and times alone.
 */
@Singleton
final class JobTurns {
  private final TenantDatabase database;
  private final Jdbi turns;

  JobTurns(@Named("home") TenantDatabase database, @Named("jobs") Jdbi turns) {
    this.database = database;
    this.turns = turns;
  }

  /** The way of every job; a program may run from STARTING on, and no job comes there twice. */
  enum Step {
    QUEUED,
    CLAIMING,
    STARTING,
    RUNNING,
    ENDED;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Where a job is on its way.
   *
   * @param lease of the last sandbox that was reserved for it
   * @param silentSince since when its sandbox has not answered
   */
  record Standing(
      Step step, Optional<UUID> lease, Optional<Instant> silentSince, Instant createdAt) {}

  /**
   * Takes the turn of jobs that are due, for so long.
   *
   * @param ended whether it is of those that have ended, whose artefacts expire
   */
  List<Turn> take(boolean ended, Duration hold, int most) {
    return turns.withHandle(handle ->
        handle
            .createQuery(
                "select * from lease.take_jobs(:ended, make_interval(secs => :hold), :most)")
            .bind("ended", ended)
            .bind("hold", hold.toSeconds())
            .bind("most", most)
            .map((row, context) ->
                new Turn(
                    new TenantId(row.getObject("tenant_id", UUID.class)),
                    row.getObject("job_id", UUID.class),
                    row.getObject("turn", UUID.class)))
            .list());
  }

  Optional<Standing> find(TenantId tenant, UUID job) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select step, lease_id, silent_since, created_at from hermes.job_turns
                     where tenant_id = :tenant and job_id = :job
                    """)
                .bind("tenant", tenant.value())
                .bind("job", job)
                .map((row, context) ->
                    new Standing(
                        Step.valueOf(row.getString("step").toUpperCase(Locale.ROOT)),
                        Optional.ofNullable(row.getObject("lease_id", UUID.class)),
                        Optional.ofNullable(row.getObject("silent_since", OffsetDateTime.class))
                            .map(OffsetDateTime::toInstant),
                        row.getObject("created_at", OffsetDateTime.class).toInstant()))
                .findOne());
  }

  /**
   * A step on, under a turn that is held for so long from now; false when somebody else has the
   * turn by now, or the job is not at {@code from} any more.
   */
  boolean step(Turn turn, Step from, Step to, Optional<UUID> lease, Duration hold) {
    return update(
        turn.tenant(),
        turn.job(),
        """
        update hermes.job_turns
           set step = :to, lease_id = coalesce(:lease, lease_id), silent_since = null,
               due_at = now() + make_interval(secs => :hold)
         <where> and turn = :turn and step = :from
        """,
        update ->
            update
                .bind("to", to.wire())
                .bind("from", from.wire())
                .bind("lease", lease)
                .bind("hold", hold.toMillis() / 1000.0)
                .bind("turn", turn.number()));
  }

  /** The same step, looked at again after so long; false when somebody else has the turn. */
  boolean later(Turn turn, Duration wait, @Nullable Instant silentSince) {
    return update(
        turn.tenant(),
        turn.job(),
        """
        update hermes.job_turns
           set due_at = now() + make_interval(secs => :wait), silent_since = :silent
         <where> and turn = :turn and step <> 'ended'
        """,
        update ->
            update
                .bind("wait", wait.toMillis() / 1000.0)
                .bind("silent", silentSince == null ? null : silentSince.atOffset(ZoneOffset.UTC))
                .bind("turn", turn.number()));
  }

  /** Nothing runs any more, whoever has the turn; due again when its artefacts expire. */
  void ended(TenantId tenant, UUID job, Duration kept) {
    update(
        tenant,
        job,
        """
        update hermes.job_turns
           set step = 'ended', turn = null, due_at = now() + make_interval(secs => :kept)
         <where> and step <> 'ended'
        """,
        update -> update.bind("kept", kept.toSeconds()));
  }

  /** Nothing is left to do for it. */
  void remove(TenantId tenant, UUID job) {
    update(tenant, job, "delete from hermes.job_turns <where>", update -> {});
  }

  /** Runs a change of one job's row; {@code <where>} finds it. False: no row was changed. */
  boolean update(TenantId tenant, UUID job, String sql, Consumer<Update> more) {
    return database.inTenant(
        tenant,
        handle -> {
          Update update =
              handle
                  .createUpdate(sql)
                  .define("where", "where tenant_id = :tenant and job_id = :job")
                  .bind("tenant", tenant.value())
                  .bind("job", job);
          more.accept(update);
          return update.execute() == 1;
        });
  }
}
