package dev.hermes.api.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What was said in a session. */
@Controller("/v1/sessions/{id}/messages")
@ExecuteOn(TaskExecutors.BLOCKING)
final class MessageController {
  private static final Set<String> ROLES = Set.of("user", "assistant");

  private final SessionMessages messages;

  MessageController(SessionMessages messages) {
    this.messages = messages;
  }

  /** A page, newest first; {@code next} is the cursor of the page after it. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Page(
      String object,
      List<Message> data,
      @JsonProperty("has_more") boolean hasMore,
      @Nullable String next) {}

  /**
   * A message.
   *
   * @param seq its place in the session, from 1
   * @param message as OpenAI's clients write it
   */
  @Serdeable
  record Message(
      String id,
      String object,
      int seq,
      JsonNode message,
      @JsonProperty("created_at") String createdAt) {}

  /** What is to be appended. */
  @Serdeable
  record Wish(@Nullable String role, @Nullable String content) {}

  /**
   * Lists messages, newest first.
   *
   * @param limit 1 to 100, by default 20
   * @param after cursor: {@code next} of the page before
   * @param user whose session; absent: the caller's own
   */
  @Get
  @Requires(scopes = {Scope.READ, Scope.AUDIT})
  Page list(
      HttpRequest<?> request,
      String id,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue Optional<String> after,
      @QueryValue Optional<String> user) {
    SessionKey key = SessionKeys.of(request, id, user);
    List<Message> found =
        messages
            .list(key, after.map(MessageController::cursor), PageLimit.checked(limit) + 1)
            .orElseThrow(SessionKeys::unknown);
    boolean more = found.size() > limit;
    List<Message> page = more ? found.subList(0, limit) : found;
    return new Page("list", page, more, more ? Integer.toString(page.getLast().seq()) : null);
  }

  /** Appends what was said elsewhere; the model reads it with the next turn. */
  @Once
  @Post
  @Status(HttpStatus.CREATED)
  @Requires(
      scopes = Scope.WRITE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Message append(HttpRequest<?> request, String id, @Body Wish wish) {
    if (wish.role() == null || !ROLES.contains(wish.role())) {
      throw new ApiException(Failure.invalid("role", "role is user or assistant."));
    }
    if (wish.content() == null || wish.content().isEmpty()) {
      throw new ApiException(Failure.missing("content"));
    }
    ObjectNode message =
        JsonNodeFactory.instance
            .objectNode()
            .put("role", wish.role())
            .put("content", wish.content());
    return messages.append(SessionKeys.of(request, id, Optional.empty()), message);
  }

  private static int cursor(String after) {
    try {
      return Integer.parseInt(after);
    } catch (NumberFormatException e) {
      throw new ApiException(Failure.invalid("after", "after is the next of a page."));
    }
  }
}
