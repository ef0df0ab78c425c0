package dev.hermes.api.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.audit.AuditLog;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.api.problem.RequestId;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Conversations that are kept. A user sees his own; an admin or auditor those of the user that he
 * names. One that is not there and one that is another's are answered alike.
 */
@Controller("/v1/sessions")
@ExecuteOn(TaskExecutors.BLOCKING)
final class SessionController {
  private static final int MOST_TITLE = 200;
  private static final Pattern TITLE =
      Pattern.compile("[^\\p{Cntrl}\\p{Cs}]{0," + MOST_TITLE + "}");

  private final SessionRows rows;
  private final AuditLog audit;

  SessionController(SessionRows rows, AuditLog audit) {
    this.rows = rows;
    this.audit = audit;
  }

  /** A page, newest first; {@code next} is the cursor of the page after it. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Page(
      String object,
      List<Session> data,
      @JsonProperty("has_more") boolean hasMore,
      @Nullable String next) {}

  /**
   * A conversation.
   *
   * @param model that was asked last
   * @param busy whether a turn has it now
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Session(
      String id,
      String object,
      String user,
      @Nullable String title,
      @Nullable String model,
      @JsonProperty("message_count") int messageCount,
      boolean busy,
      @JsonProperty("created_at") String createdAt,
      @JsonProperty("updated_at") String updatedAt) {}

  /**
   * What a new session is to be.
   *
   * @param id absent: one that nobody guesses
   */
  @Serdeable
  record Wish(@Nullable String id, @Nullable String title) {}

  /** Makes a session; naming one in a chat makes it too. */
  @Once
  @Post
  @Status(HttpStatus.CREATED)
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Session create(HttpRequest<?> request, @Body Wish wish) {
    if (wish.title() != null && !TITLE.matcher(wish.title()).matches()) {
      throw new ApiException(
          Failure.invalid(
              "title", "title is at most " + MOST_TITLE + " characters, and a line of text."));
    }
    Principal caller = Principal.of(request);
    SessionId id =
        wish.id() == null
            ? new SessionId(UUID.randomUUID().toString())
            : SessionId.parse("id", wish.id());
    SessionKey key = new SessionKey(caller.tenant(), caller.user(), id);
    if (!rows.create(key, Optional.ofNullable(wish.title()))) {
      throw new ApiException(
          Failure.conflict("session_exists", "You have a session of that id already."));
    }
    return rows.find(key).orElseThrow(SessionKeys::unknown);
  }

  /**
   * Lists sessions, the one that was used last first.
   *
   * @param limit 1 to 100, by default 20
   * @param after cursor: {@code next} of the page before
   * @param user whose; absent: the caller's own
   */
  @Get
  @Requires(scopes = {Scope.READ, Scope.AUDIT})
  Page list(
      HttpRequest<?> request,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue Optional<String> after,
      @QueryValue Optional<String> user) {
    Principal caller = Principal.of(request);
    List<Session> found =
        rows.list(
            caller.tenant(),
            SessionKeys.user(caller, user),
            after.map(SessionCursor::parse),
            PageLimit.checked(limit) + 1);
    boolean more = found.size() > limit;
    List<Session> page = more ? found.subList(0, limit) : found;
    return new Page("list", page, more, more ? SessionCursor.of(page.getLast()) : null);
  }

  /** One session. */
  @Get("/{id}")
  @Requires(scopes = {Scope.READ, Scope.AUDIT})
  Session get(HttpRequest<?> request, String id, @QueryValue Optional<String> user) {
    return rows.find(SessionKeys.of(request, id, user)).orElseThrow(SessionKeys::unknown);
  }

  /** Deletes a session with its messages; what a turn that runs adds to it is not kept. */
  @Delete("/{id}")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void delete(HttpRequest<?> request, String id, @QueryValue Optional<String> user) {
    SessionKey key = SessionKeys.of(request, id, user);
    Principal caller = Principal.of(request);
    boolean deleted =
        rows.delete(
            key,
            () ->
                audit.record(
                    caller.tenant(),
                    new AuditLog.Entry(
                        caller.user(),
                        "session.delete",
                        "session:" + key.id().value(),
                        AuditLog.Outcome.ALLOWED,
                        Map.of("owner", key.user(), "key", caller.keyId()),
                        RequestId.of(request))));
    if (!deleted) {
      throw SessionKeys.unknown();
    }
  }
}
