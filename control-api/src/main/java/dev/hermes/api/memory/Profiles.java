package dev.hermes.api.memory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.memory.ProfileController.Profile;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;

/** The profiles of users, a document each; a write has its audit row in the same transaction. */
@Singleton
final class Profiles {
  private static final String SET =
      """
      insert into user_profiles (tenant_id, user_id, document)
      values (:tenant, :user, :document::jsonb)
      on conflict (tenant_id, user_id) do update
        set document = excluded.document, updated_at = now()
      returning *
      """;
  private static final String FIND =
      "select * from user_profiles where tenant_id = :tenant and user_id = :user";
  private static final String DELETE =
      "delete from user_profiles where tenant_id = :tenant and user_id = :user";

  private final TenantDatabase database;
  private final AuditLog audit;
  private final ObjectMapper json;

  Profiles(TenantDatabase database, AuditLog audit, ObjectMapper json) {
    this.database = database;
    this.audit = audit;
    this.json = json;
  }

  Profile set(MemoryOwner owner, String document, Writer writer) {
    return database.inTenant(
        owner.tenant(),
        handle -> {
          audit.record(owner.tenant(), writer.entry("profile.set", "profile", owner));
          return owner
              .bind(handle.createQuery(SET))
              .bind("document", document)
              .map((row, context) -> profile(row))
              .one();
        });
  }

  Optional<Profile> find(MemoryOwner owner) {
    return database.inTenant(
        owner.tenant(),
        handle ->
            owner.bind(handle.createQuery(FIND)).map((row, context) -> profile(row)).findOne());
  }

  /** False when there is none. */
  boolean delete(MemoryOwner owner, Writer writer) {
    return database.inTenant(
        owner.tenant(),
        handle -> {
          boolean deleted = owner.bind(handle.createUpdate(DELETE)).execute() == 1;
          if (deleted) {
            audit.record(owner.tenant(), writer.entry("profile.delete", "profile", owner));
          }
          return deleted;
        });
  }

  private Profile profile(ResultSet row) throws SQLException {
    try {
      return new Profile(
          "profile",
          row.getString("user_id"),
          json.readValue(row.getString("document"), ObjectNode.class),
          row.getObject("updated_at", OffsetDateTime.class).toInstant().toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a kept profile is unreadable", e);
    }
  }
}
