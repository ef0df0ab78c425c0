package dev.hermes.api.idempotency;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hermes.api.problem.ApiException;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.database.access.Writes;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * One effect for a key: a claim is taken before anything is done and answered in the transaction of
 * the effect, so that a crash leaves all of it or a claim that dies. All of it joins the caller's
 * transaction.
 */
@Singleton
public final class IdempotencyKeys {
  // What stood there is read from the snapshot, what is decided from the row as it is now: a row
  // that somebody else has just written is neither ours nor, perhaps, seen.
  private static final String CLAIM =
      """
      with before as (
        select owner, request_sha256, status, headers, body, progress, expires_at <= now() as over
        from idempotency_keys
        where tenant_id = :tenant and user_id = :user and key_sha256 = decode(:key, 'hex')
      ), claimed as (
        insert into idempotency_keys as k
          (tenant_id, user_id, key_sha256, request_sha256, owner, expires_at, session_id)
        values (:tenant, :user, decode(:key, 'hex'), decode(:request, 'hex'), :owner,
          now() + make_interval(secs => :kept), :session)
        on conflict (tenant_id, user_id, key_sha256) do update
          set owner = excluded.owner, alive_at = excluded.alive_at,
            created_at = excluded.created_at, expires_at = excluded.expires_at,
            request_sha256 = excluded.request_sha256, session_id = excluded.session_id,
            status = null, headers = '{}', body = null, response_id = null,
            progress = case when k.expires_at > now() then k.progress end
          where k.expires_at <= now()
             or k.status is null and k.request_sha256 = excluded.request_sha256
               and k.alive_at < now() - make_interval(secs => :lease)
        returning true as mine
      )
      select c.mine, b.owner, b.status, b.headers, b.body, b.progress, b.over,
        b.request_sha256 = decode(:request, 'hex') as same
      from (values (true)) as one left join claimed c on true left join before b on true
      """;
  private static final String FINISH =
      """
      update idempotency_keys
      set status = :status, headers = :headers::jsonb, body = :body, progress = null,
        response_id = :response
      where tenant_id = :tenant and user_id = :user and key_sha256 = decode(:key, 'hex')
        and owner = :owner
      """;
  private static final String PROGRESS =
      """
      update idempotency_keys set progress = :progress::jsonb, alive_at = now()
      where tenant_id = :tenant and user_id = :user and key_sha256 = decode(:key, 'hex')
        and owner = :owner and status is null
      """;
  private static final String RELEASE =
      """
      delete from idempotency_keys
      where tenant_id = :tenant and user_id = :user and key_sha256 = decode(:key, 'hex')
        and owner = :owner and status is null and progress is null
      """;
  // what was used is written with this, so that whoever goes on does not write it again
  private static final String LEAVE =
      """
      update idempotency_keys
      set alive_at = '-infinity', progress = progress - 'used'
      where tenant_id = :tenant and user_id = :user and key_sha256 = decode(:key, 'hex')
        and owner = :owner and status is null
      """;
  private static final String FORGET =
      """
      update idempotency_keys set body = null, progress = null
      where tenant_id = :tenant and user_id = :user and session_id = :session
      """;
  private static final String FORGET_RESPONSE =
      """
      update idempotency_keys set body = null
      where tenant_id = :tenant and user_id = :user and response_id = :response
      """;

  /** As long as Stripe keeps them. */
  static final Duration KEPT = Duration.ofHours(24);

  private final TenantDatabase database;
  private final ObjectMapper json;
  private final Expiry expiry;
  private final RepetitionMetrics metrics;
  private final Duration lease;

  IdempotencyKeys(
      TenantDatabase database,
      ObjectMapper json,
      Expiry expiry,
      RepetitionMetrics metrics,
      @Value("${hermes.idempotency-lease:40s}") Duration lease) {
    this.database = database;
    this.json = json;
    this.expiry = expiry;
    this.metrics = metrics;
    this.lease = lease;
  }

  /**
   * What a claim begins with.
   *
   * @param dead the request that was at work for the key and is no more
   * @param progress how far it came, in words of its own
   */
  public record Taken(Optional<String> dead, Optional<String> progress) {}

  /**
   * Takes the key; 409 while another request is at work for it, 422 when it was used for another.
   *
   * @param session whose end is the answer's end
   * @throws AnsweredException when all of it was done before
   */
  public Taken claim(Claim claim, Optional<String> session) {
    return database.inTenant(
        claim.tenant(),
        handle -> {
          Found found =
              bind(handle.createQuery(CLAIM), claim)
                  .bind("request", claim.request())
                  .bind("session", session)
                  .bind("kept", (double) KEPT.toSeconds())
                  .bind("lease", lease.toMillis() / 1000.0)
                  .map((row, context) -> Found.of(row, json))
                  .one();
          found.repetition().ifPresent(metrics::count);
          if (!found.mine()) {
            throw found.refusal();
          }
          if (found.owner().isEmpty()) {
            expiry.few(claim.tenant());
          }
          return found.over()
              ? new Taken(Optional.empty(), Optional.empty())
              : new Taken(found.owner(), found.progress());
        });
  }

  /**
   * Keeps the answer; a claim that was lost to a repetition keeps nothing. May be repeated.
   *
   * @param response what is kept of it elsewhere, whose end is the answer's end
   */
  public void finish(Claim claim, KeptAnswer answer, Optional<String> response) {
    database.inTenant(
        claim.tenant(),
        handle ->
            bind(handle.createUpdate(FINISH), claim)
                .bind("status", answer.status())
                .bind("headers", write(answer.headers()))
                .bind("body", answer.body().orElse(null))
                .bind("response", response)
                .execute());
  }

  /**
   * Keeps what a repetition need not do again; 409 when one has taken the claim over.
   *
   * @param progress JSON; its member {@code used} is what is not in the usage yet
   */
  public void progress(Claim claim, String progress) {
    database.inTenant(
        claim.tenant(),
        handle -> {
          if (bind(handle.createUpdate(PROGRESS), claim).bind("progress", progress).execute()
              == 0) {
            throw Found.inUse();
          }
          return true;
        });
  }

  /** It failed: a repetition may go on at once, from the progress if there is any. */
  public void release(Claim claim) {
    database.inTenant(
        claim.tenant(),
        handle -> {
          new Writes().add(RELEASE, values(claim)).add(LEAVE, values(claim)).send(handle);
          return true;
        });
  }

  /** Removes what was answered in a session; it is not done again all the same. */
  public void forget(TenantId tenant, String user, String session) {
    database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate(FORGET)
                .bind("tenant", tenant.value())
                .bind("user", user)
                .bind("session", session)
                .execute());
  }

  /**
   * Removes the answer that a kept response was; it is not done again all the same. Joins the
   * caller's transaction.
   */
  public void forgetResponse(TenantId tenant, String user, String response) {
    database.inTenant(
        tenant,
        handle ->
            handle
                .createUpdate(FORGET_RESPONSE)
                .bind("tenant", tenant.value())
                .bind("user", user)
                .bind("response", response)
                .execute());
  }

  /** Another request is at work for the key. */
  public static ApiException inUse() {
    return Found.inUse();
  }

  private String write(Map<String, String> headers) {
    try {
      return json.writeValueAsString(headers);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings can be written", e);
    }
  }

  private static <S extends SqlStatement<S>> S bind(S statement, Claim claim) {
    return statement.bindMap(values(claim));
  }

  private static Map<String, Object> values(Claim claim) {
    return Map.of(
        "tenant", claim.tenant().value(),
        "user", claim.user(),
        "key", claim.key(),
        "owner", claim.owner());
  }
}
