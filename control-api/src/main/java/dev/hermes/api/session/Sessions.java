package dev.hermes.api.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.StorableText;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.id.UuidV7;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * Keeps conversations. A turn takes the session's row for itself, on whichever replica, and gives
 * it back with its messages in one transaction; one that never comes back is passed over after
 * {@link #TURN_EXPIRY}.
 */
@Singleton
public final class Sessions {
  /** Longer than any turn may take. */
  static final Duration TURN_EXPIRY = Duration.ofSeconds(360);

  private static final int MOST_MESSAGES = 200;

  private static final String BEGIN =
      """
      insert into sessions as s
        (tenant_id, user_id, session_id, model, turn_started_at, turn_owner)
      values (:tenant, :user, :session, :model, now(), :owner)
      on conflict (tenant_id, user_id, session_id) do update
        set turn_started_at = now(), turn_owner = :owner, updated_at = now(), model = :model
        where s.turn_owner is null
           or s.turn_owner = :dead
           or s.turn_started_at < now() - make_interval(secs => :expiry)
      returning s.message_count, s.summary, s.summary_through
      """;
  private static final String BETWEEN_TURNS =
      """
      update sessions set message_count = message_count + 1, updated_at = now()
      where tenant_id = :tenant and user_id = :user and session_id = :session
        and (turn_owner is null
          or turn_started_at < now() - make_interval(secs => :expiry))
      returning message_count - 1
      """;
  private static final String TURN =
      """
      select turn_owner from sessions
      where tenant_id = :tenant and user_id = :user and session_id = :session
        and turn_owner is not null
        and turn_started_at >= now() - make_interval(secs => :expiry)
      """;
  private static final String NEWEST =
      """
      select content from messages
      where tenant_id = :tenant and user_id = :user and session_id = :session
      order by seq desc limit :most
      """;
  private static final String END =
      """
      update sessions
      set turn_started_at = null, turn_owner = null, updated_at = now(),
        message_count = message_count + :added,
        summary = case
          when :through::int > coalesce(summary_through, 0) then :summary::text else summary end,
        summary_through = greatest(summary_through, :through::int)
      where tenant_id = :tenant and user_id = :user and session_id = :session
        and turn_owner = :owner
      returning message_count - :added
      """;
  private static final String APPEND =
      """
      insert into messages
        (tenant_id, user_id, session_id, message_id, seq, role, content)
      values (:tenant, :user, :session, :id, :seq, :role, :content::jsonb)
      """;

  private final TenantDatabase database;
  private final ObjectMapper json;

  /** A session as a turn finds it. */
  private record Found(int count, Optional<SessionSummary> summary) {
    static Found of(ResultSet row) throws SQLException {
      String summary = row.getString("summary");
      return new Found(
          row.getInt("message_count"),
          summary == null
              ? Optional.empty()
              : Optional.of(new SessionSummary(summary, row.getInt("summary_through"))));
    }
  }

  Sessions(TenantDatabase database, ObjectMapper json) {
    this.database = database;
    this.json = json;
  }

  /**
   * Takes the session, making it if need be; 409 while another turn has it.
   *
   * @param dead a turn that is known to be no more, and keeps nobody out
   */
  public History begin(SessionKey key, String owner, String model, Optional<String> dead) {
    return database.inTenant(
        key.tenant(),
        handle -> {
          Found found =
              bind(handle.createQuery(BEGIN), key)
                  .bind("model", model)
                  .bind("owner", owner)
                  .bind("dead", dead)
                  .bind("expiry", (double) TURN_EXPIRY.toSeconds())
                  .map((row, context) -> Found.of(row))
                  .findOne()
                  .orElseThrow(Sessions::busy);
          return found.count() == 0
              ? History.NONE
              : new History(newest(handle, key), found.count(), found.summary());
        });
  }

  /**
   * Adds a message between turns; 409 while one has the session, and false when there is none.
   * Joins the caller's transaction.
   */
  boolean append(SessionKey key, ObjectNode message) {
    return database.inTenant(
        key.tenant(),
        handle -> {
          Optional<Integer> free =
              bind(handle.createQuery(BETWEEN_TURNS), key)
                  .bind("expiry", (double) TURN_EXPIRY.toSeconds())
                  .mapTo(Integer.class)
                  .findOne();
          free.ifPresent(first -> append(handle, key, first, List.of(message)));
          if (free.isEmpty() && turn(key).isPresent()) {
            throw busy();
          }
          return free.isPresent();
        });
  }

  /** The turn that has the session; one that has expired has it no more. */
  public Optional<String> turn(SessionKey key) {
    return database.inTenant(
        key.tenant(),
        handle ->
            bind(handle.createQuery(TURN), key)
                .bind("expiry", (double) TURN_EXPIRY.toSeconds())
                .mapTo(String.class)
                .findOne());
  }

  /**
   * Gives the session back and appends what the turn added; does nothing when the turn has expired
   * and another has taken over. Joins the caller's transaction, and may be repeated.
   *
   * @param summary where the turn has made one; the session's stays where that reaches as far
   */
  public void end(
      SessionKey key, String owner, List<ObjectNode> added, Optional<SessionSummary> summary) {
    database.inTenant(
        key.tenant(),
        handle -> {
          Optional<Integer> first =
              bind(handle.createQuery(END), key)
                  .bind("owner", owner)
                  .bind("added", added.size())
                  .bind("summary", summary.map(SessionSummary::text))
                  .bind("through", summary.map(SessionSummary::through))
                  .mapTo(Integer.class)
                  .findOne();
          if (first.isPresent() && !added.isEmpty()) {
            append(handle, key, first.get(), added);
          }
          return first.isPresent();
        });
  }

  private void append(Handle handle, SessionKey key, int first, List<ObjectNode> added) {
    PreparedBatch batch = handle.prepareBatch(APPEND);
    int seq = first;
    for (ObjectNode message : added) {
      bind(batch, key)
          .bind("id", UuidV7.next())
          .bind("seq", ++seq)
          .bind("role", message.path("role").asText())
          .bind("content", StorableText.of(message.toString()))
          .add();
    }
    batch.execute();
  }

  private List<ObjectNode> newest(Handle handle, SessionKey key) {
    List<ObjectNode> messages =
        bind(handle.createQuery(NEWEST), key)
            .bind("most", MOST_MESSAGES)
            .mapTo(String.class)
            .stream()
            .map(this::message)
            .collect(java.util.stream.Collectors.toCollection(ArrayList::new));
    return messages.reversed();
  }

  private ObjectNode message(String content) {
    try {
      return json.readValue(content, ObjectNode.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a kept message is unreadable", e);
    }
  }

  private static <S extends SqlStatement<S>> S bind(S statement, SessionKey key) {
    return statement
        .bind("tenant", key.tenant().value())
        .bind("user", key.user())
        .bind("session", key.id().value());
  }

  private static ApiException busy() {
    return new ApiException(
        Failure.conflict(
                "session_busy", "Another turn of this session is running. Wait for it to end.")
            .retryAfter(1));
  }
}
