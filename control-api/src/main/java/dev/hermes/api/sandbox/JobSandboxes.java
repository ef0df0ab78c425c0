package dev.hermes.api.sandbox;

import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.Endpoint;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;

/**
 * The sandboxes of jobs. They count in the tenant's {@code maxConcurrentSandboxes} and have the
 * shape of all others, and are in no list of sandboxes: no app holds them.
 */
@Singleton
public final class JobSandboxes {
  private final TenantDatabase database;
  private final Leases leases;
  private final Claiming claiming;

  JobSandboxes(@Named("home") TenantDatabase database, Leases leases, Claiming claiming) {
    this.database = database;
    this.leases = leases;
    this.claiming = claiming;
  }

  /**
   * A job's sandbox that has not come to its end.
   *
   * @param endsAt when it ends by itself
   */
  public record Live(Endpoint endpoint, Instant endsAt) {}

  /** Reserves a lease for the hold; false when the tenant has as many as it may. */
  public boolean reserve(SandboxHold hold) {
    return leases.reserve(hold, Leases.Kind.JOB, "{}");
  }

  /** Gets a Ready pod for a reserved lease; otherwise says why there is none, and it is over. */
  public Optional<Execution> claim(SandboxHold hold) throws InterruptedException {
    return claiming.claim(hold);
  }

  /** The sandbox of this lease; empty once it is over, or its tenant's are. */
  public Optional<Live> live(TenantId tenant, UUID lease) {
    return database.inTenant(
        tenant,
        handle ->
            handle
                .createQuery(
                    """
                    select pod_ip, pod_uid, least(idle_until, expires_at) as ends_at
                      from hermes.sandbox_leases
                     where tenant_id = :tenant and lease_id = :lease and state = 'active'
                       and least(idle_until, expires_at) > now()
                    """)
                .bind("tenant", tenant.value())
                .bind("lease", lease)
                .map((row, context) ->
                    new Live(
                        Endpoint.of(row.getString("pod_ip"), row.getString("pod_uid")),
                        row.getObject("ends_at", OffsetDateTime.class).toInstant()))
                .findOne());
  }

  /** Ends lease and pod, where they have not ended. The operator ends a pod that stays. */
  public void end(TenantId tenant, UUID lease) {
    record Open(String namespace, Optional<SandboxHold.SandboxPodRef> pod) {}
    Optional<Open> open =
        database.inTenant(
            tenant,
            handle ->
                handle
                    .createQuery(
                        """
                        select namespace, state, pod_name, pod_uid, pod_ip from hermes.sandbox_leases
                         where tenant_id = :tenant and lease_id = :lease and state <> 'closed'
                        """)
                    .bind("tenant", tenant.value())
                    .bind("lease", lease)
                    .map((row, context) -> new Open(row.getString("namespace"), Leases.pod(row)))
                    .findOne());
    open.ifPresent(it -> claiming.end(tenant, lease, it.namespace(), it.pod()));
  }
}
