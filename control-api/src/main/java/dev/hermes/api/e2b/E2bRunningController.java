package dev.hermes.api.e2b;

import dev.hermes.api.held.HeldLoads;
import dev.hermes.api.held.HeldSandboxes;
import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** E2B's routes for what is changed of a sandbox, or asked of it, while it runs. */
@Controller("/sandboxes/{id}")
@ExecuteOn(TaskExecutors.BLOCKING)
final class E2bRunningController {
  private final HeldSandboxes sandboxes;
  private final HeldLoads loads;

  E2bRunningController(HeldSandboxes sandboxes, HeldLoads loads) {
    this.sandboxes = sandboxes;
    this.loads = loads;
  }

  /** Moves the end to so many seconds from now, nearer or farther. */
  @Once
  @Post("/timeout")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void timeout(HttpRequest<?> request, String id, @Body E2bWire.Timeout body) {
    if (body.timeout() == null) {
      throw new ApiException(Failure.missing("timeout"));
    }
    sandboxes.extend(
        Principal.of(request), HeldSandboxes.id(id), Duration.ofSeconds(body.timeout()), true);
  }

  /** Keeps a sandbox for at least so many seconds more. */
  @Once
  @Post("/refreshes")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void refresh(HttpRequest<?> request, String id, @Body E2bWire.Refresh body) {
    int seconds = body.duration() == null ? 15 : body.duration();
    sandboxes.extend(
        Principal.of(request), HeldSandboxes.id(id), Duration.ofSeconds(seconds), false);
  }

  /** Replaces where a sandbox may connect to, within what its policy allows; in force at once. */
  @Put("/network")
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void network(HttpRequest<?> request, String id, @Body E2bWire.NetworkUpdate body) {
    sandboxes.narrow(
        Principal.of(request), HeldSandboxes.id(id), E2bNetwork.of(body), RequestId.of(request));
  }

  /**
   * What a sandbox uses: one entry, of now, for nobody keeps what it was.
   *
   * @param start seconds since 1970; nothing when it is to come
   * @param end seconds since 1970; nothing when it is past
   */
  @Get("/metrics")
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  List<E2bWire.Metric> metrics(
      HttpRequest<?> request,
      String id,
      @QueryValue Optional<String> start,
      @QueryValue Optional<String> end)
      throws InterruptedException {
    Optional<Long> begin = start.map(text -> SandboxPages.seconds("start", text));
    Optional<Long> last = end.map(text -> SandboxPages.seconds("end", text));
    E2bWire.Metric now = E2bAnswers.metric(loads.now(Principal.of(request), HeldSandboxes.id(id)));
    boolean asked =
        begin.filter(at -> at > now.timestampUnix()).isEmpty()
            && last.filter(at -> at < now.timestampUnix()).isEmpty();
    return asked ? List.of(now) : List.of();
  }
}
