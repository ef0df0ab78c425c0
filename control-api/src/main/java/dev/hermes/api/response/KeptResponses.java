package dev.hermes.api.response;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.body.StorableText;
import dev.hermes.api.idempotency.IdempotencyKeys;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.database.access.TenantDatabase;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.statement.SqlStatement;

/** Keeps responses; each is its user's alone. */
@Singleton
public final class KeptResponses {
  /** So many responses back the model is shown; what was before them is kept and not shown. */
  private static final int MOST = 100;

  private static final String STORE =
      """
      insert into responses
        (tenant_id, user_id, response_id, previous_id, input, said, response)
      values (:tenant, :user, :id, :previous, :input::jsonb, :said::jsonb, :response::jsonb)
      on conflict do nothing
      """;
  private static final String FIND =
      """
      select response_id, previous_id, input, said, response from responses
      where tenant_id = :tenant and user_id = :user and response_id = :id
      """;
  private static final String CHAIN =
      """
      with recursive chain as (
        select previous_id, input, said, 1 as back from responses
        where tenant_id = :tenant and user_id = :user and response_id = :id
        union all
        select r.previous_id, r.input, r.said, c.back + 1
        from chain c
        join responses r
          on r.tenant_id = :tenant and r.user_id = :user and r.response_id = c.previous_id
        where c.back < :most
      )
      select previous_id, input, said from chain order by back desc
      """;
  private static final String DELETE =
      """
      delete from responses
      where tenant_id = :tenant and user_id = :user and response_id = :id
      """;

  private static final TypeReference<List<ObjectNode>> MESSAGES = new TypeReference<>() {};
  private static final TypeReference<JsonNode> INPUT = new TypeReference<>() {};
  private static final TypeReference<ObjectNode> OBJECT = new TypeReference<>() {};

  private final TenantDatabase database;
  private final IdempotencyKeys keys;
  private final ObjectMapper json;

  KeptResponses(TenantDatabase database, IdempotencyKeys keys, ObjectMapper json) {
    this.database = database;
    this.keys = keys;
    this.json = json;
  }

  /**
   * One response as part of a conversation.
   *
   * @param previous the response before it
   */
  public record Exchange(Optional<String> previous, JsonNode input, List<ObjectNode> said) {
    public Exchange {
      said = List.copyOf(said);
    }
  }

  /** Joins the caller's transaction, and may be repeated. */
  public void store(Principal owner, KeptResponse response) {
    database.inTenant(
        owner.tenant(),
        handle ->
            bind(handle.createUpdate(STORE), owner, response.id())
                .bind("previous", response.previous())
                .bind("input", StorableText.of(response.input().toString()))
                .bind("said", StorableText.of(response.said().toString()))
                .bind("response", StorableText.of(response.object().toString()))
                .execute());
  }

  /** What was said up to that response, oldest first; 400 when it or one before it is not kept. */
  public List<Exchange> upTo(Principal owner, String id) {
    List<Exchange> chain =
        database.inTenant(
            owner.tenant(),
            handle ->
                bind(handle.createQuery(CHAIN), owner, id)
                    .bind("most", MOST)
                    .map((row, context) -> exchange(row))
                    .list());
    if (chain.isEmpty()) {
      throw notFound("Previous response with id '%s' not found.".formatted(id));
    }
    Optional<String> before = chain.getFirst().previous();
    if (chain.size() < MOST && before.isPresent()) {
      throw notFound(
          """
          Response '%s', which led to the previous one, was deleted or has expired: send the whole \
          input.\
          """
              .formatted(before.get()));
    }
    return chain;
  }

  /** OpenAI says it so. */
  private static ApiException notFound(String message) {
    return new ApiException(
        new Failure(
            400,
            "invalid_request_error",
            "previous_response_not_found",
            "previous_response_id",
            message,
            Map.of()));
  }

  Optional<KeptResponse> find(Principal owner, String id) {
    return database.inTenant(
        owner.tenant(),
        handle ->
            bind(handle.createQuery(FIND), owner, id)
                .map((row, context) -> response(row))
                .findOne());
  }

  /**
   * False when there is none. What was kept to repeat its answer under a key goes with it.
   *
   * @param deleted is run in the same transaction
   */
  boolean delete(Principal owner, String id, Runnable deleted) {
    return database.inTenant(
        owner.tenant(),
        handle -> {
          boolean found = bind(handle.createUpdate(DELETE), owner, id).execute() == 1;
          if (found) {
            keys.forgetResponse(owner.tenant(), owner.user(), id);
            deleted.run();
          }
          return found;
        });
  }

  private KeptResponse response(ResultSet row) throws SQLException {
    Exchange exchange = exchange(row);
    return new KeptResponse(
        row.getString("response_id"),
        exchange.previous(),
        exchange.input(),
        exchange.said(),
        read(row.getString("response"), OBJECT));
  }

  private Exchange exchange(ResultSet row) throws SQLException {
    return new Exchange(
        Optional.ofNullable(row.getString("previous_id")),
        read(row.getString("input"), INPUT),
        read(row.getString("said"), MESSAGES));
  }

  private <T> T read(String kept, TypeReference<T> as) {
    try {
      return json.readValue(kept, as);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a kept response is unreadable", e);
    }
  }

  private static <S extends SqlStatement<S>> S bind(S statement, Principal owner, String id) {
    return statement
        .bind("tenant", owner.tenant().value())
        .bind("user", owner.user())
        .bind("id", id);
  }
}
