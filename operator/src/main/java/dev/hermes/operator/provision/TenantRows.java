package dev.hermes.operator.provision;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The rows of tenants; the Tenant controller's door to the database. */
public final class TenantRows {
  private static final ObjectMapper JSON =
      JsonMapper.builder().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true).build();

  private final Fenced database;

  public TenantRows(Fenced database) {
    this.database = database;
  }

  public Optional<UUID> find(String objectUid) {
    return database.read(handle ->
        handle
            .createQuery("select provision.find_tenant(:uid)")
            .bind("uid", objectUid)
            .mapTo(UUID.class)
            .findOne());
  }

  /** Writes nothing when nothing differs; returns the id stored for the object. */
  public UUID upsert(TenantRow row) {
    return database.write((handle, fence) ->
        handle
            .createQuery(
                """
                select provision.upsert_tenant(
                  :uid, :tenant, :name, :displayName, :namespace, :state, :generation,
                  cast(:config as jsonb), :fence)\
                """)
            .bind("uid", row.objectUid())
            .bind("tenant", row.tenantId())
            .bind("name", row.config().name())
            .bind("displayName", row.config().displayName())
            .bind("namespace", row.config().namespace())
            .bind("state", row.state())
            .bind("generation", row.config().generation())
            .bind("config", json(row.config()))
            .bind("fence", fence)
            .mapTo(UUID.class)
            .one());
  }

  /** Returns how many keys were still good. */
  public int revokeKeys(UUID tenantId) {
    return database.write((handle, fence) ->
        handle
            .createQuery("select authn.revoke_tenant(:tenant, :fence)")
            .bind("tenant", tenantId)
            .bind("fence", fence)
            .mapTo(Integer.class)
            .one());
  }

  /** Ends the tenant and leaves the record of it, once. */
  public void delete(
      UUID tenantId,
      String objectUid,
      String name,
      Instant notBefore,
      Map<String, String> evidence) {
    database.write((handle, fence) ->
        handle.execute(
            """
            select provision.delete_tenant(?, ?, ?, 'Retain', ?, cast(? as jsonb), ?)\
            """,
            tenantId,
            objectUid,
            name,
            OffsetDateTime.ofInstant(notBefore, ZoneOffset.UTC),
            json(evidence),
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
