package dev.hermes.operator.provision;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The digests of keys; the APIKey controller's door to the database. */
public final class KeyRows {
  private final Fenced database;

  public KeyRows(Fenced database) {
    this.database = database;
  }

  /** The key of an APIKey object, the newest first. */
  public List<KeyRow> find(String objectUid) {
    return database.read(handle ->
        handle
            .createQuery(
                """
                select kid, digest, prefix, expires_at, revoked_at, last_used_at
                  from authn.find(:uid)\
                """)
            .bind("uid", objectUid)
            .map((row, context) -> row(row))
            .list());
  }

  /**
   * False: another key has this id. Harmless when repeated; brings rights and expiry up to date.
   */
  public boolean issue(NewKey key) {
    return database.write((handle, fence) ->
        handle
            .createQuery(
                """
                select authn.issue(
                  :tenant, :kid, :digest, :pepper, :prefix, :roles, :scopes, :principal,
                  :expires, 'cr', :uid, :fence)\
                """)
            .bind("tenant", key.tenantId())
            .bind("kid", key.keyId())
            .bind("digest", key.digest().value())
            .bind("pepper", key.digest().version())
            .bind("prefix", key.prefix())
            .bindBySqlType("roles", text(handle, key.roles()), java.sql.Types.ARRAY)
            .bindBySqlType("scopes", text(handle, key.scopes()), java.sql.Types.ARRAY)
            .bind("principal", key.principal())
            .bind("expires", OffsetDateTime.ofInstant(key.expiresAt(), ZoneOffset.UTC))
            .bind("uid", key.objectUid())
            .bind("fence", fence)
            .mapTo(Boolean.class)
            .one());
  }

  public void revoke(String keyId) {
    database.write((handle, fence) -> handle.execute("select authn.revoke(?, ?)", keyId, fence));
  }

  private static KeyRow row(ResultSet row) throws SQLException {
    return new KeyRow(
        row.getString("kid"),
        row.getBytes("digest"),
        row.getString("prefix"),
        instant(row, "expires_at"),
        instant(row, "revoked_at"),
        instant(row, "last_used_at"));
  }

  private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  private static Array text(Handle handle, List<String> values) throws SQLException {
    return handle.getConnection().createArrayOf("text", values.toArray());
  }
}
