package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.SqlStatement;

/** The rows that say who holds which sandbox; the operator ends what they say is over. */
@Singleton
final class Leases {
  private final TenantDatabase database;

  Leases(TenantDatabase database) {
    this.database = database;
  }

  /** Finds the hold's live lease or reserves one; false when the tenant has as many as it may. */
  boolean reserve(SandboxHold hold) {
    var limits = hold.policy().limits();
    return database.inTenant(
        hold.tenantId(),
        handle ->
            handle
                .createQuery(
                    """
                    select * from lease.reserve(
                      :tenant, :lease, :user, :session, :policy, :namespace, :max,
                      make_interval(secs => :idle), make_interval(secs => :lifetime))
                    """)
                .bind("tenant", hold.tenantId().value())
                .bind("lease", hold.lease())
                .bind("user", hold.user())
                .bind("session", hold.session())
                .bind("policy", hold.policy().name())
                .bind("namespace", Objects.requireNonNull(hold.tenant().namespace()))
                .bind("max", hold.tenant().maxConcurrentSandboxes())
                // a call may take its full time without the sandbox being idle
                .bind("idle", limits.idleTimeoutSeconds() + limits.execTimeoutSeconds())
                .bind("lifetime", limits.maxLifetimeSeconds())
                .map((row, context) -> {
                  if (row.getString("outcome").equals("full")) {
                    return false;
                  }
                  String name = row.getString("pod_name");
                  String uid = row.getString("pod_uid");
                  String ip = row.getString("pod_ip");
                  boolean ready = row.getString("state").equals("active");
                  hold.reserved(
                      row.getObject("lease_id", UUID.class),
                      name == null || uid == null
                          ? Optional.empty()
                          : Optional.of(
                              new SandboxPodRef(
                                  name, uid, Optional.ofNullable(ready ? ip : null))));
                  return true;
                })
                .one());
  }

  /** Remembers a pod that is being made, so that it is found whatever becomes of this process. */
  boolean named(SandboxHold hold, SandboxPodRef pod) {
    return pod(hold, pod, "reserved");
  }

  /** The pod may be used; false when the lease was over before. */
  boolean active(SandboxHold hold, SandboxPodRef pod) {
    return pod(hold, pod, "active");
  }

  private boolean pod(SandboxHold hold, SandboxPodRef pod, String state) {
    return update(
        hold,
        """
        update hermes.sandbox_leases
        set state = :state, pod_name = :name, pod_uid = :uid, pod_ip = :ip, renewed_at = now()
        where tenant_id = :tenant and lease_id = :lease and state in ('reserved', 'active')
        """,
        statement ->
            statement
                .bind("state", state)
                .bind("name", pod.name())
                .bind("uid", pod.uid())
                .bind("ip", pod.ip()));
  }

  /** The session goes on: from now its sandbox is idle. */
  void renew(SandboxHold hold) {
    update(
        hold,
        """
        update hermes.sandbox_leases
        set renewed_at = now(), idle_until = now() + make_interval(secs => :idle)
        where tenant_id = :tenant and lease_id = :lease and state in ('reserved', 'active')
        """,
        statement -> statement.bind("idle", hold.policy().limits().idleTimeoutSeconds()));
  }

  /** Nobody needs it any more; the pod, if there is one, still runs. */
  void over(SandboxHold hold) {
    update(
        hold,
        """
        update hermes.sandbox_leases
        set state = case when pod_uid is null then 'closed' else 'over' end
        where tenant_id = :tenant and lease_id = :lease and state in ('reserved', 'active')
        """,
        statement -> {});
  }

  /** The pod is gone too. */
  void closed(SandboxHold hold) {
    update(
        hold,
        """
        update hermes.sandbox_leases set state = 'closed'
        where tenant_id = :tenant and lease_id = :lease and state <> 'closed'
        """,
        statement -> {});
  }

  private boolean update(
      SandboxHold hold, String sql, java.util.function.Consumer<SqlStatement<?>> more) {
    return database.inTenant(
        hold.tenantId(),
        handle -> {
          var statement =
              handle
                  .createUpdate(sql)
                  .bind("tenant", hold.tenantId().value())
                  .bind("lease", hold.lease());
          more.accept(statement);
          return statement.execute() == 1;
        });
  }
}
