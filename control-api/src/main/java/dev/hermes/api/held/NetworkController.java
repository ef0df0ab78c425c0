package dev.hermes.api.held;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.egress.SandboxEgress;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.Status;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a sandbox may connect to while it runs. */
@Controller("/v1/sandboxes/{id}/network")
@ExecuteOn(TaskExecutors.BLOCKING)
final class NetworkController {
  private final HeldSandboxes sandboxes;

  NetworkController(HeldSandboxes sandboxes) {
    this.sandboxes = sandboxes;
  }

  /**
   * Where a sandbox may connect to. It narrows what the policy allows and never widens it.
   *
   * @param egress {@code name}, {@code name:port}, {@code *.name} or {@code *.name:port}; empty:
   *     nowhere; absent: all that the policy allows
   */
  @Serdeable
  record Network(@Nullable List<String> egress) {
    Optional<SandboxEgress> wanted() {
      try {
        return Optional.ofNullable(egress).map(SandboxEgress::of);
      } catch (IllegalArgumentException e) {
        throw new ApiException(
            Failure.invalid("network.egress", "network.egress: " + e.getMessage()));
      }
    }
  }

  /** Changes where a sandbox may connect to, at once: connections it may not have any more end. */
  @Put
  @Status(HttpStatus.NO_CONTENT)
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  void network(HttpRequest<?> request, String id, @Body Network body) {
    sandboxes.narrow(
        Principal.of(request), HeldSandboxes.id(id), body.wanted(), RequestId.of(request));
  }
}
