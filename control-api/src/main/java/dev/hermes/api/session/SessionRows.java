package dev.hermes.api.session;

import dev.hermes.api.idempotency.IdempotencyKeys;
import dev.hermes.api.session.SessionController.Session;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.Query;

/** The sessions themselves, without what was said in them. */
@Singleton
final class SessionRows {
  private static final String COLUMNS =
      """
      select user_id, session_id, title, model, message_count, created_at, updated_at,
        turn_owner is not null and turn_started_at >= now() - make_interval(secs => :expiry) as busy
      from sessions
      """;

  private final TenantDatabase database;
  private final IdempotencyKeys keys;

  SessionRows(TenantDatabase database, IdempotencyKeys keys) {
    this.database = database;
    this.keys = keys;
  }

  /** False when there is one of that id. */
  boolean create(SessionKey key, Optional<String> title) {
    return database.inTenant(
        key.tenant(),
        handle ->
            handle
                    .createUpdate(
                        """
                        insert into sessions (tenant_id, user_id, session_id, title)
                        values (:tenant, :user, :session, :title)
                        on conflict (tenant_id, user_id, session_id) do nothing
                        """)
                    .bind("tenant", key.tenant().value())
                    .bind("user", key.user())
                    .bind("session", key.id().value())
                    .bind("title", title)
                    .execute()
                == 1);
  }

  Optional<Session> find(SessionKey key) {
    return database.inTenant(
        key.tenant(),
        handle ->
            rows(
                    handle
                        .createQuery(
                            COLUMNS
                                + "where tenant_id = :tenant and user_id = :user"
                                + " and session_id = :session")
                        .bind("tenant", key.tenant().value())
                        .bind("user", key.user())
                        .bind("session", key.id().value()))
                .stream()
                .findFirst());
  }

  List<Session> list(TenantId tenant, String user, Optional<SessionCursor> after, int most) {
    return database.inTenant(
        tenant,
        handle ->
            rows(
                handle
                    .createQuery(
                        COLUMNS
                            + """
                            where tenant_id = :tenant and user_id = :user
                              and (:after::timestamptz is null
                                or (updated_at, session_id) < (:after::timestamptz, :last))
                            order by updated_at desc, session_id desc limit :most
                            """)
                    .bind("tenant", tenant.value())
                    .bind("user", user)
                    .bind("after", after.map(it -> it.updated().atOffset(ZoneOffset.UTC)))
                    .bind("last", after.map(SessionCursor::id))
                    .bind("most", most)));
  }

  /**
   * @param andThen in the same transaction
   * @return false when there is none
   */
  boolean delete(SessionKey key, Runnable andThen) {
    return database.inTenant(
        key.tenant(),
        handle -> {
          boolean deleted =
              handle
                      .createUpdate(
                          """
                          delete from sessions
                          where tenant_id = :tenant and user_id = :user and session_id = :session
                          """)
                      .bind("tenant", key.tenant().value())
                      .bind("user", key.user())
                      .bind("session", key.id().value())
                      .execute()
                  == 1;
          if (deleted) {
            keys.forget(key.tenant(), key.user(), key.id().value());
            andThen.run();
          }
          return deleted;
        });
  }

  private static List<Session> rows(Query query) {
    return query
        .bind("expiry", (double) Sessions.TURN_EXPIRY.toSeconds())
        .map((row, context) ->
            new Session(
                row.getString("session_id"),
                "session",
                row.getString("user_id"),
                row.getString("title"),
                row.getString("model"),
                row.getInt("message_count"),
                row.getBoolean("busy"),
                row.getObject("created_at", OffsetDateTime.class).toInstant().toString(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant().toString()))
        .list();
  }
}
