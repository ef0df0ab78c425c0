package dev.hermes.operator.provision;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Optional;
import java.util.UUID;

/** The rows of tenants; the Tenant controller's door to the database. */
public final class TenantRows {
  private static final ObjectMapper JSON =
      JsonMapper.builder().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true).build();

  private final Fenced database;
  private final String clusterUid;

  /**
   * @param clusterUid the cluster whose Tenant objects the rows stand for
   */
  public TenantRows(Fenced database, String clusterUid) {
    this.database = database;
    this.clusterUid = clusterUid;
  }

  public Optional<UUID> find(String objectUid) {
    return database.ask(handle ->
        handle
            .createQuery("select provision.find_tenant(:uid)")
            .bind("uid", objectUid)
            .mapTo(UUID.class)
            .findOne());
  }

  /** Writes nothing when nothing differs; returns the id stored for the object. */
  public UUID upsert(TenantRow row) {
    return database.call((handle, fence) ->
        handle
            .createQuery(
                """
                select provision.upsert_tenant(
                  :uid, :tenant, :name, :displayName, :namespace, :state, :generation,
                  cast(:config as jsonb), :cluster, :fence)\
                """)
            .bind("uid", row.objectUid())
            .bind("tenant", row.tenantId())
            .bind("name", row.config().name())
            .bind("displayName", row.config().displayName())
            .bind("namespace", row.config().namespace())
            .bind("state", row.state())
            .bind("generation", row.config().generation())
            .bind("config", json(row.config()))
            .bind("cluster", clusterUid)
            .bind("fence", fence)
            .mapTo(UUID.class)
            .one());
  }

  /** Returns how many keys were still good. */
  public int revokeKeys(UUID tenantId) {
    return database.call((handle, fence) ->
        handle
            .createQuery("select authn.revoke_tenant(:tenant, :fence)")
            .bind("tenant", tenantId)
            .bind("fence", fence)
            .mapTo(Integer.class)
            .one());
  }

  /** Ends the tenant and leaves the record of it, once. */
  public void delete(DeletedTenant tenant) {
    database.call((handle, fence) ->
        handle.execute(
            """
            select provision.delete_tenant(
              ?, ?, ?, ?, ?, cast(? as jsonb), cast(? as jsonb), ?)\
            """,
            tenant.tenantId(),
            tenant.objectUid(),
            tenant.name(),
            tenant.deletion().policy().wire(),
            tenant.deletion().graceDays(),
            json(tenant.legalHold()),
            json(tenant.evidence()),
            fence));
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of plain values is always JSON", e);
    }
  }
}
