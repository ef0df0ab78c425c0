package dev.hermes.api.job;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.UUID;

/** The jobs of a tenant that wait for a sandbox: so many at most, the oldest first. */
@Singleton
final class JobQueue {
  private final TenantDatabase database;
  private final JobTurns turns;

  JobQueue(@Named("home") TenantDatabase database, JobTurns turns) {
    this.database = database;
    this.turns = turns;
  }

  /** Puts a new job in the queue, due after {@code wait}; false when it is full. */
  boolean enqueue(TenantId tenant, UUID job, Duration wait, int most) {
    return database.inTenant(
        tenant,
        handle -> {
          // two requests at once could both find room for one
          handle.execute(
              "select pg_advisory_xact_lock(hashtextextended('jobs ' || ?::text, 0))",
              tenant.value());
          return handle
                  .createUpdate(
                      """
                      insert into hermes.job_turns (tenant_id, job_id, step, due_at)
                      select :tenant, :job, 'queued', now() + make_interval(secs => :wait)
                       where :most > (
                         select count(*) from hermes.job_turns
                          where tenant_id = :tenant and step in ('queued', 'claiming'))
                      """)
                  .bind("tenant", tenant.value())
                  .bind("job", job)
                  .bind("wait", wait.toSeconds())
                  .bind("most", most)
                  .execute()
              == 1;
        });
  }

  /** Its content is there: it may be started. */
  void ready(TenantId tenant, UUID job) {
    turns.update(
        tenant,
        job,
        "update hermes.job_turns set due_at = now() <where> and step = 'queued' and turn is null",
        update -> {});
  }

  /**
   * How it is with room.
   *
   * @param ahead how many older jobs of the tenant wait for room too, or take theirs just now and
   *     have no sandbox that counts yet
   * @param taken how many sandboxes of the tenant count
   */
  record Room(int ahead, int taken) {}

  Room room(TenantId tenant, UUID job) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select
                      (select count(*) from hermes.job_turns j
                        where j.tenant_id = :tenant and j.job_id < :job
                          and (j.step = 'queued' and j.for_room
                            or j.step = 'claiming' and not exists (
                              select from hermes.sandbox_leases l
                               where l.tenant_id = j.tenant_id and l.lease_id = j.lease_id
                                 and l.state <> 'closed')))
                        as ahead,
                      (select count(*) from hermes.sandbox_leases
                        where tenant_id = :tenant and state <> 'closed'
                          and (pod_uid is not null or least(idle_until, expires_at) > now()))
                        as taken
                    """)
                .bind("tenant", tenant.value())
                .bind("job", job)
                .map((row, context) -> new Room(row.getInt("ahead"), row.getInt("taken")))
                .one());
  }

  /**
   * Back to the queue, from which nothing has run.
   *
   * @param forRoom whether younger jobs wait for this one; not while it waits for something else
   */
  void back(Turn turn, boolean forRoom, Duration wait) {
    turns.update(
        turn.tenant(),
        turn.job(),
        """
        update hermes.job_turns
           set step = 'queued', for_room = :room, due_at = now() + make_interval(secs => :wait)
         <where> and turn = :turn and step in ('queued', 'claiming')
        """,
        update ->
            update
                .bind("room", forRoom)
                .bind("wait", wait.toMillis() / 1000.0)
                .bind("turn", turn.number()));
  }
}
