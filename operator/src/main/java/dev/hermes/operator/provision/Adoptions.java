package dev.hermes.operator.provision;

import dev.hermes.crds.tenant.Tenant;
import java.util.Optional;
import java.util.UUID;

/** How a tenant's data comes to another Tenant object. */
public final class Adoptions {
  private static final String MOVED_ON = "HX006";

  private final Fenced database;
  private final String clusterUid;

  /**
   * @param clusterUid the cluster that this process serves
   */
  public Adoptions(Fenced database, String clusterUid) {
    this.database = database;
    this.clusterUid = clusterUid;
  }

  public Optional<Holder> holder(UUID tenantId) {
    return database.ask(handle ->
        handle
            .createQuery(
                """
                select cr_uid, name, state, cluster_uid, purged,
                       (select coalesce(t.config -> 'database' ->> 'isolation', 'Shared')
                          from hermes.tenants t where t.tenant_id = :tenant) as isolation
                  from provision.holder(:tenant)\
                """)
            .bind("tenant", tenantId)
            .map((row, context) ->
                new Holder(
                    row.getString("cr_uid"),
                    row.getString("name"),
                    "deleted".equals(row.getString("state")),
                    Optional.ofNullable(row.getString("cluster_uid")),
                    row.getString("isolation"),
                    row.getBoolean("purged")))
            .findOne());
  }

  /**
   * Gives the data to {@code tenant}; false: it is no longer the former object's, or a purge began.
   */
  public boolean adopt(UUID tenantId, Holder former, Tenant tenant) {
    try {
      database.call((handle, fence) ->
          handle.execute(
              "select provision.adopt_tenant(?, ?, ?, ?, ?, ?)",
              tenantId,
              former.objectUid(),
              tenant.getMetadata().getUid(),
              tenant.getMetadata().getName(),
              clusterUid,
              fence));
      return true;
    } catch (RuntimeException e) {
      if (Fenced.state(e).filter(MOVED_ON::equals).isPresent()) {
        return false;
      }
      throw e;
    }
  }
}
