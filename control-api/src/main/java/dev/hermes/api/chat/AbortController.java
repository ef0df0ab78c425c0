package dev.hermes.api.chat;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.session.SessionId;
import dev.hermes.api.session.SessionKey;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/chat/abort}: the owner of a session ends the turn that has it. */
@Controller("/v1/chat/abort")
@ExecuteOn(TaskExecutors.BLOCKING)
final class AbortController {
  private final Aborts aborts;

  AbortController(Aborts aborts) {
    this.aborts = aborts;
  }

  @Serdeable
  record Wish(@JsonProperty("session_id") @Nullable String sessionId) {}

  /**
   * What came of it.
   *
   * @param status aborted; or requested, when the turn has not ended within three seconds
   */
  @Serdeable
  record Aborted(String object, @JsonProperty("session_id") String sessionId, String status) {}

  /** Ends the session's turn with what it has; the model's upstream is left at once. */
  @Once
  @Post
  @Status(HttpStatus.ACCEPTED)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Aborted abort(HttpRequest<?> request, @Body Wish wish) throws InterruptedException {
    if (wish.sessionId() == null) {
      throw new ApiException(Failure.missing("session_id"));
    }
    Principal caller = Principal.of(request);
    SessionId session = SessionId.parse("session_id", wish.sessionId());
    Aborts.Outcome outcome = aborts.abort(new SessionKey(caller.tenant(), caller.user(), session));
    if (outcome == Aborts.Outcome.IDLE) {
      throw new ApiException(Failure.conflict("no_turn", "No turn of yours runs in that session."));
    }
    return new Aborted("chat.abort", session.value(), outcome.name().toLowerCase(Locale.ROOT));
  }
}
