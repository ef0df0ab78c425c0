package dev.hermes.operator.provision;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The digests of keys; the APIKey controller's door to the database. */
public final class KeyRows {
  private final Fenced database;

  public KeyRows(Fenced database) {
    this.database = database;
  }

  /** The keys of an APIKey object: the current one first, then those it replaced. */
  public List<KeyRow> find(String objectUid) {
    return database.ask(handle ->
        handle
            .createQuery("select * from authn.keys_of(:uid)")
            .bind("uid", objectUid)
            .map((row, context) -> row(row))
            .list());
  }

  /**
   * Makes a key the current one; the one before it ends after the overlap. Harmless when repeated;
   * brings rights and expiry up to date and puts blocked keys back.
   */
  public Storing makeCurrent(NewKey key) {
    String answer =
        database.call((handle, fence) ->
            handle
                .createQuery(
                    """
                    select authn.make_current(
                      :tenant, :kid, :digest, :pepper, :prefix, :roles, :scopes, :principal,
                      :life, :overlap, :request, :uid, :fence)\
                    """)
                .bind("tenant", key.tenantId())
                .bind("kid", key.keyId())
                .bind("digest", key.digest().value())
                .bind("pepper", key.digest().version())
                .bind("prefix", key.prefix())
                .bindBySqlType("roles", text(handle, key.roles()), Types.ARRAY)
                .bindBySqlType("scopes", text(handle, key.scopes()), Types.ARRAY)
                .bind("principal", key.principal())
                .bind("life", key.life().toSeconds())
                .bind("overlap", key.overlap().toSeconds())
                .bindBySqlType(
                    "request", time(key.rotationRequest()), Types.TIMESTAMP_WITH_TIMEZONE)
                .bind("uid", key.objectUid())
                .bind("fence", fence)
                .mapTo(String.class)
                .one());
    return Storing.valueOf(answer.toUpperCase(Locale.ROOT));
  }

  /** Refuses every key of an object until {@link #makeCurrent} puts them back. */
  public void block(String objectUid) {
    database.call((handle, fence) -> handle.execute("select authn.block(?, ?)", objectUid, fence));
  }

  /** Remembers that people were told of what happens to a key at a time. */
  public void noticed(String keyId, Instant when) {
    database.call((handle, fence) ->
        handle.execute("select authn.noticed(?, ?, ?)", keyId, time(Optional.of(when)), fence));
  }

  public void revoke(String keyId) {
    database.call((handle, fence) -> handle.execute("select authn.revoke(?, ?)", keyId, fence));
  }

  private static KeyRow row(ResultSet row) throws SQLException {
    return new KeyRow(
        row.getString("kid"),
        row.getBytes("digest"),
        row.getInt("pepper_version"),
        row.getString("prefix"),
        row.getObject("created_at", OffsetDateTime.class).toInstant(),
        instant(row, "expires_at"),
        instant(row, "revoked_at"),
        instant(row, "blocked_at"),
        instant(row, "superseded_at"),
        instant(row, "rotation_request"),
        instant(row, "noticed_for"),
        instant(row, "last_used_at"));
  }

  private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  private static @Nullable OffsetDateTime time(Optional<Instant> instant) {
    return instant.map(i -> OffsetDateTime.ofInstant(i, ZoneOffset.UTC)).orElse(null);
  }

  private static Array text(Handle handle, List<String> values) throws SQLException {
    return handle.getConnection().createArrayOf("text", values.toArray());
  }
}
