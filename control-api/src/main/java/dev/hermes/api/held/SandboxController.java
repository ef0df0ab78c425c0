package dev.hermes.api.held;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.PageLimit;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.sandbox.HeldLease;
import dev.hermes.api.sandbox.HeldLeases;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Sandboxes in this API's own words: {@code /v1/sandboxes}. */
@Controller("/v1/sandboxes")
@ExecuteOn(TaskExecutors.BLOCKING)
final class SandboxController {

  private final HeldSandboxes sandboxes;
  private final AccessTokens tokens;

  SandboxController(HeldSandboxes sandboxes, AccessTokens tokens) {
    this.sandboxes = sandboxes;
    this.tokens = tokens;
  }

  /**
   * A wish for a sandbox.
   *
   * @param policy a SandboxPolicy of the tenant; absent: its first
   * @param timeout seconds until it ends by itself; absent: the policy's idle time
   * @param network where it may connect to, within what its policy allows; absent: all of that
   */
  @Serdeable
  record New(
      @Nullable String policy,
      @Nullable Map<String, String> metadata,
      @Nullable Integer timeout,
      @JsonProperty("environment") @Nullable Map<String, String> environment,
      NetworkController.@Nullable Network network) {}

  /** Seconds from now. */
  @Serdeable
  record Extension(@Nullable Integer timeout) {}

  /**
   * A sandbox.
   *
   * @param accessToken opens this sandbox on the data plane; only its maker and who asks for this
   *     sandbox by its id gets it
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Shown(
      String id,
      String object,
      String policy,
      String user,
      Map<String, String> metadata,
      @JsonProperty("created_at") String createdAt,
      @JsonProperty("ends_at") String endsAt,
      @JsonProperty("expires_at") String expiresAt,
      @JsonProperty("access_token") @Nullable String accessToken) {

    static Shown of(HeldSandbox sandbox, @Nullable String token) {
      HeldLease lease = sandbox.lease();
      return new Shown(
          lease.id().toString(),
          "sandbox",
          lease.policy(),
          lease.user(),
          lease.metadata(),
          lease.startedAt().toString(),
          lease.endsAt().toString(),
          lease.expiresAt().toString(),
          token);
    }
  }

  /** A page, newest first; {@code next} is the cursor of the page after it. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Page(
      String object,
      List<Shown> data,
      @JsonProperty("has_more") boolean hasMore,
      @Nullable String next) {}

  /** Makes a sandbox. */
  @Once
  @Post
  @Status(HttpStatus.CREATED)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Shown create(HttpRequest<?> request, @Body New body) throws InterruptedException {
    Principal caller = Principal.of(request);
    HeldSandbox made =
        sandboxes.create(
            caller,
            new SandboxWish(
                Optional.ofNullable(body.policy()),
                body.metadata() == null ? Map.of() : body.metadata(),
                Optional.ofNullable(body.timeout()).map(Duration::ofSeconds),
                body.environment() == null ? Map.of() : body.environment(),
                Optional.ofNullable(body.network()).flatMap(NetworkController.Network::wanted)),
            RequestId.of(request));
    return Shown.of(made, tokens.issue(caller.tenant(), made.lease()));
  }

  /**
   * Lists sandboxes, newest first.
   *
   * @param limit 1 to 100, by default 20
   * @param after cursor: {@code next} of the page before
   */
  @Get
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Page list(
      HttpRequest<?> request,
      @QueryValue(defaultValue = "20") int limit,
      @QueryValue Optional<String> after) {
    PageLimit.checked(limit);
    List<Shown> rows =
        sandboxes
            .list(
                Principal.of(request),
                new HeldLeases.Filter(
                    Optional.empty(),
                    Map.of(),
                    Optional.empty(),
                    Optional.empty(),
                    false,
                    after.map(SandboxController::cursor),
                    limit + 1))
            .stream()
            .map(sandbox -> Shown.of(sandbox, null))
            .toList();
    boolean more = rows.size() > limit;
    List<Shown> page = more ? rows.subList(0, limit) : rows;
    return new Page("list", page, more, more ? page.getLast().id() : null);
  }

  /** Shows a sandbox, with a token for it. */
  @Get("/{id}")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Shown show(HttpRequest<?> request, String id) {
    Principal caller = Principal.of(request);
    HeldSandbox found = sandboxes.find(caller, HeldSandboxes.id(id));
    return Shown.of(found, tokens.issue(caller.tenant(), found.lease()));
  }

  /** Moves the end to so many seconds from now, nearer or farther. */
  @Once
  @Post("/{id}/extend")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  Shown extend(HttpRequest<?> request, String id, @Body Extension body) {
    if (body.timeout() == null) {
      throw new ApiException(Failure.missing("timeout"));
    }
    return Shown.of(
        sandboxes.extend(
            Principal.of(request), HeldSandboxes.id(id), Duration.ofSeconds(body.timeout()), true),
        null);
  }

  /** Ends a sandbox and all that runs in it. */
  @Delete("/{id}")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void end(HttpRequest<?> request, String id) {
    sandboxes.end(Principal.of(request), HeldSandboxes.id(id), RequestId.of(request));
  }

  private static UUID cursor(String after) {
    try {
      return UUID.fromString(after);
    } catch (IllegalArgumentException e) {
      throw new ApiException(Failure.invalid("after", "after is a sandbox's id."));
    }
  }
}
