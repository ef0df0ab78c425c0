package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.statement.SqlStatement;

/** The rows that say who holds which sandbox; the operator ends what they say is over. */
@Singleton
final class Leases {
  private final TenantDatabase database;

  Leases(@Named("home") TenantDatabase database) {
    this.database = database;
  }

  /**
   * Whether its statements join the transaction that {@code content} begins for the tenant: the
   * rows are in the platform's database, whatever the content is in.
   */
  boolean join(TenantDatabase content, TenantId tenant) {
    return database.joins(content, tenant);
  }

  /** What a lease of no session is for. */
  enum Kind {
    HELD,
    JOB;

    private String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
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
                .bind("idle", hold.idle().toSeconds())
                .bind("lifetime", limits.maxLifetimeSeconds())
                .map((row, context) -> {
                  if (row.getString("outcome").equals("full")) {
                    return false;
                  }
                  hold.reserved(row.getObject("lease_id", UUID.class), pod(row));
                  return true;
                })
                .one());
  }

  /** The same for a lease of no session, which says what it is for. */
  boolean reserve(SandboxHold hold, Kind kind, String metadata) {
    return database.inTenant(
        hold.tenantId(),
        handle -> {
          if (!reserve(hold)) {
            return false;
          }
          handle
              .createUpdate(
                  """
                  update hermes.sandbox_leases set kind = :kind, metadata = :metadata::jsonb
                  where tenant_id = :tenant and lease_id = :lease
                  """)
              .bind("kind", kind.wire())
              .bind("metadata", metadata)
              .bind("tenant", hold.tenantId().value())
              .bind("lease", hold.lease())
              .execute();
          return true;
        });
  }

  /** The pod that a lease's row names; where it listens counts once it is active. */
  static Optional<SandboxPodRef> pod(ResultSet row) throws SQLException {
    String name = row.getString("pod_name");
    String uid = row.getString("pod_uid");
    boolean ready = row.getString("state").equals("active");
    return name == null || uid == null
        ? Optional.empty()
        : Optional.of(
            new SandboxPodRef(
                name, uid, Optional.ofNullable(ready ? row.getString("pod_ip") : null)));
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
        hold.tenantId(),
        hold.lease(),
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
        hold.tenantId(),
        hold.lease(),
        """
        update hermes.sandbox_leases
        set renewed_at = now(), idle_until = now() + make_interval(secs => :idle)
        where tenant_id = :tenant and lease_id = :lease and state in ('reserved', 'active')
        """,
        statement -> statement.bind("idle", hold.policy().limits().idleTimeoutSeconds()));
  }

  /** Nobody needs it any more; the pod, if there is one, still runs. */
  void over(TenantId tenant, UUID lease) {
    update(
        tenant,
        lease,
        """
        update hermes.sandbox_leases
        set state = case when pod_uid is null then 'closed' else 'over' end
        where tenant_id = :tenant and lease_id = :lease and state in ('reserved', 'active')
        """,
        statement -> {});
  }

  /** The pod is gone too. */
  void closed(TenantId tenant, UUID lease) {
    update(
        tenant,
        lease,
        """
        update hermes.sandbox_leases set state = 'closed'
        where tenant_id = :tenant and lease_id = :lease and state <> 'closed'
        """,
        statement -> {});
  }

  private boolean update(TenantId tenant, UUID lease, String sql, Consumer<SqlStatement<?>> more) {
    return database.inTenant(
        tenant,
        handle -> {
          var statement =
              handle.createUpdate(sql).bind("tenant", tenant.value()).bind("lease", lease);
          more.accept(statement);
          return statement.execute() == 1;
        });
  }
}
