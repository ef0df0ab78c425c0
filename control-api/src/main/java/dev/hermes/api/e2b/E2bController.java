package dev.hermes.api.e2b;

import dev.hermes.api.held.HeldSandbox;
import dev.hermes.api.held.HeldSandboxes;
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
import io.micronaut.http.HttpResponse;
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
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * E2B's routes for the life of a sandbox, both versions that its clients use. What happens inside a
 * sandbox goes over the data plane.
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class E2bController {
  private final HeldSandboxes sandboxes;
  private final E2bAnswers answers;

  E2bController(HeldSandboxes sandboxes, E2bAnswers answers) {
    this.sandboxes = sandboxes;
    this.answers = answers;
  }

  /** Makes a sandbox. */
  @Once
  @Post(uris = {"/sandboxes", "/v2/sandboxes"})
  @Status(HttpStatus.CREATED)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  E2bWire.Sandbox create(HttpRequest<?> request, @Body E2bWire.NewSandbox body)
      throws InterruptedException {
    Principal caller = Principal.of(request);
    return answers.access(
        caller.tenant(), sandboxes.create(caller, E2bWish.of(body), RequestId.of(request)));
  }

  /** Gives access to a sandbox that runs; its end never moves nearer. */
  @Once
  @Post(uris = {"/sandboxes/{id}/connect", "/v2/sandboxes/{id}/connect"})
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  E2bWire.Sandbox connect(HttpRequest<?> request, String id, @Body E2bWire.Timeout body) {
    Principal caller = Principal.of(request);
    HeldSandbox found =
        body.timeout() == null
            ? sandboxes.find(caller, HeldSandboxes.id(id))
            : sandboxes.extend(
                caller, HeldSandboxes.id(id), Duration.ofSeconds(body.timeout()), false);
    return answers.access(caller.tenant(), found);
  }

  /**
   * Lists sandboxes, a page at a time; header {@code x-next-token} is the cursor of the next page.
   *
   * @param metadata only those that carry these pairs, URL-encoded
   * @param state running, paused or both; none is ever paused
   */
  @Get("/v2/sandboxes")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  HttpResponse<List<E2bWire.Detail>> page(
      HttpRequest<?> request,
      @QueryValue Optional<String> metadata,
      @QueryValue Optional<String> state,
      @QueryValue Optional<String> template,
      @QueryValue Optional<String> startedAfter,
      @QueryValue Optional<String> order,
      @QueryValue Optional<String> nextToken,
      @QueryValue(defaultValue = "100") int limit) {
    if (state.isPresent() && !state.get().contains("running")) {
      return HttpResponse.ok(List.of());
    }
    List<E2bWire.Detail> rows =
        sandboxes
            .list(
                Principal.of(request),
                SandboxPages.filter(metadata, template, startedAfter, order, nextToken, limit))
            .stream()
            .map(E2bAnswers::detail)
            .toList();
    if (rows.size() <= limit) {
      return HttpResponse.ok(rows);
    }
    List<E2bWire.Detail> page = rows.subList(0, limit);
    return HttpResponse.ok(page).header("x-next-token", page.getLast().sandboxID());
  }

  /**
   * Lists up to 100 sandboxes.
   *
   * @param metadata only those that carry these pairs, URL-encoded
   */
  @Get("/sandboxes")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  List<E2bWire.Detail> list(HttpRequest<?> request, @QueryValue Optional<String> metadata) {
    return sandboxes
        .list(
            Principal.of(request),
            SandboxPages.filter(
                metadata,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                PageLimit.MOST))
        .stream()
        .limit(PageLimit.MOST)
        .map(E2bAnswers::detail)
        .toList();
  }

  /** Shows a sandbox. */
  @Get("/sandboxes/{id}")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  E2bWire.Detail show(HttpRequest<?> request, String id) {
    return E2bAnswers.detail(sandboxes.find(Principal.of(request), HeldSandboxes.id(id)));
  }

  /** Ends a sandbox. */
  @Delete("/sandboxes/{id}")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void end(HttpRequest<?> request, String id) {
    sandboxes.end(Principal.of(request), HeldSandboxes.id(id), RequestId.of(request));
  }

  /** Not offered: a sandbox here ends, it does not pause. */
  @Once
  @Post(
      uris = {
        "/sandboxes/{id}/pause",
        "/sandboxes/{id}/resume",
        "/sandboxes/{id}/snapshots",
        "/sandboxes/{id}/fork"
      })
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void pause(HttpRequest<?> request, String id) {
    sandboxes.find(Principal.of(request), HeldSandboxes.id(id));
    throw new ApiException(
        Failure.notImplemented(
            "pause, resume, snapshot and fork are not offered: a sandbox here runs until it ends."
                + " Extend it with POST /sandboxes/{id}/timeout."));
  }
}
