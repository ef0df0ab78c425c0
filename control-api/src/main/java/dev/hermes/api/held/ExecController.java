package dev.hermes.api.held;

import dev.hermes.api.idempotency.Once;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.identity.Requires;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.problem.Failure;
import dev.hermes.api.problem.RequestId;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectiveTenant;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Runs code in a sandbox and answers with its whole outcome. */
@Controller("/v1/sandboxes/{id}/exec")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ExecController {
  private final HeldSandboxes sandboxes;
  private final Tenants tenants;
  private final CodeRunner runner;

  ExecController(HeldSandboxes sandboxes, Tenants tenants, CodeRunner runner) {
    this.sandboxes = sandboxes;
    this.tenants = tenants;
    this.runner = runner;
  }

  /**
   * What is to run.
   *
   * @param language python (by default) or bash
   * @param timeout seconds; absent: the policy's, which is also the most
   */
  @Serdeable
  record Code(@Nullable String language, @Nullable String code, @Nullable Integer timeout) {}

  /** Runs code: variables of earlier Python calls and all files are there. */
  @Once
  @Post
  @Requires(
      scopes = Scope.EXECUTE,
      roles = {Role.USER, Role.OWNER, Role.ADMIN})
  CodeRun.Outcome exec(HttpRequest<?> request, String id, @Body Code body)
      throws InterruptedException {
    Principal caller = Principal.of(request);
    return runner.run(caller, () -> wish(caller, id, body), RequestId.of(request));
  }

  private CodeRun.Wish wish(Principal caller, String id, Code body) {
    HeldSandbox sandbox = sandboxes.find(caller, HeldSandboxes.id(id));
    if (body.code() == null) {
      throw new ApiException(Failure.missing("code"));
    }
    Tool tool = Language.of(body.language());
    EffectiveTenant tenant = tenants.effective(caller.tenant());
    if (sandbox.policy().filter(policy -> tenant.toolsIn(policy).contains(tool)).isEmpty()) {
      throw new ApiException(
          Failure.forbidden(
              "tool_not_allowed",
              "The tool '" + tool.wire() + "' is not allowed to this tenant in this sandbox."));
    }
    int most = sandbox.policy().orElseThrow().limits().execTimeoutSeconds();
    if (body.timeout() != null && (body.timeout() < 1 || body.timeout() > most)) {
      throw new ApiException(Failure.invalid("timeout", "timeout is 1 to " + most + " seconds."));
    }
    Duration timeout = Duration.ofSeconds(body.timeout() == null ? most : body.timeout());
    return new CodeRun.Wish(sandbox, tool, body.code(), timeout);
  }
}
