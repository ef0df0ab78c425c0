package dev.hermes.api.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.session.MessageController.Message;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads a session's messages, and adds one between turns. */
@Singleton
final class SessionMessages {
  private final TenantDatabase database;
  private final Sessions sessions;
  private final SessionRows rows;
  private final ObjectMapper json;

  SessionMessages(TenantDatabase database, Sessions sessions, SessionRows rows, ObjectMapper json) {
    this.database = database;
    this.sessions = sessions;
    this.rows = rows;
    this.json = json;
  }

  /** Those before that place, newest first; empty when there is no such session. */
  Optional<List<Message>> list(SessionKey key, Optional<Integer> before, int most) {
    return database.inTenant(
        key.tenant(),
        handle -> {
          List<Message> found =
              handle
                  .createQuery(
                      """
                      select message_id, seq, content, created_at from messages
                      where tenant_id = :tenant and user_id = :user and session_id = :session
                        and (:before::int is null or seq < :before)
                      order by seq desc limit :most
                      """)
                  .bind("tenant", key.tenant().value())
                  .bind("user", key.user())
                  .bind("session", key.id().value())
                  .bind("before", before)
                  .bind("most", most)
                  .map((row, context) -> message(row))
                  .list();
          return found.isEmpty() && rows.find(key).isEmpty()
              ? Optional.empty()
              : Optional.of(found);
        });
  }

  /** Adds a message as a turn of its own; 404 when there is no such session, 409 while one runs. */
  Message append(SessionKey key, ObjectNode message) {
    return database.inTenant(
        key.tenant(),
        handle -> {
          if (!sessions.append(key, message)) {
            throw SessionKeys.unknown();
          }
          return list(key, Optional.empty(), 1).orElseThrow(SessionKeys::unknown).getFirst();
        });
  }

  private Message message(ResultSet row) throws SQLException {
    try {
      return new Message(
          row.getObject("message_id", UUID.class).toString(),
          "session.message",
          row.getInt("seq"),
          json.readTree(row.getString("content")),
          row.getObject("created_at", OffsetDateTime.class).toInstant().toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a kept message is unreadable", e);
    }
  }
}
