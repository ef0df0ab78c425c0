package dev.hermes.api.identity;

import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.access.TenantId;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A key as the database knows it: all that a credential is judged by. */
record KeyRecord(
    TenantId tenant,
    byte[] digest,
    int pepperVersion,
    Set<Role> roles,
    Set<Scope> scopes,
    String principal,
    Optional<Instant> expiresAt,
    boolean revoked,
    String tenantState) {

  static KeyRecord read(ResultSet row) throws SQLException {
    return new KeyRecord(
        new TenantId(row.getObject("tenant_id", UUID.class)),
        row.getBytes("digest"),
        row.getInt("pepper_version"),
        names(row.getArray("roles"), Role.class),
        names(row.getArray("scopes"), Scope.class),
        row.getString("principal"),
        Optional.ofNullable(row.getObject("expires_at", OffsetDateTime.class))
            .map(OffsetDateTime::toInstant),
        row.getObject("revoked_at") != null,
        row.getString("tenant_state"));
  }

  boolean isGood(Instant now) {
    return !revoked && !tenantState.equals("deleted") && expiresAt.map(now::isBefore).orElse(true);
  }

  /** A name this version does not know grants nothing. */
  private static <E extends Enum<E>> Set<E> names(Array array, Class<E> type) throws SQLException {
    Set<E> known = EnumSet.noneOf(type);
    for (Object name : (Object[]) array.getArray()) {
      for (E constant : type.getEnumConstants()) {
        if (constant.name().equals(name.toString().toUpperCase(Locale.ROOT))) {
          known.add(constant);
        }
      }
    }
    return known;
  }
}
