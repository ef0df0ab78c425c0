package dev.hermes.api.tool;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hermes.api.identity.Principal;
import dev.hermes.api.sandbox.Execution;
import dev.hermes.api.sandbox.Launch;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.api.sandbox.SessionSandboxes;
import dev.hermes.api.toolserver.Programs;
import dev.hermes.api.toolserver.ToolServerFailed;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.TenantId;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Sandboxes in which servers that are programs are asked for their tools: of a tenant one at a time
 * in each replica, which counts among its sandboxes and is deleted behind the answer.
 */
@Singleton
final class ListingSandboxes {
  private final SessionSandboxes sandboxes;

  /** Kept for as long as somebody has it or waits for it. */
  private final Cache<TenantId, Semaphore> turns = Caffeine.newBuilder().weakValues().build();

  ListingSandboxes(SessionSandboxes sandboxes) {
    this.sandboxes = sandboxes;
  }

  /** Empty when the tenant has no sandboxes, or may have none now. */
  Optional<Programs> of(Principal caller, EffectiveTenant tenant) {
    return ToolPolicy.sandboxPolicy(tenant)
        .filter(policy -> policy.unavailable() == null)
        .map(policy -> new Programs(policy, server -> start(caller, tenant, policy, server)));
  }

  private Programs.Started start(
      Principal caller, EffectiveTenant tenant, EffectivePolicy policy, TenantSpec.McpServer server)
      throws ToolServerFailed, InterruptedException {
    Semaphore turn = turns.get(caller.tenant(), _ -> new Semaphore(1, true));
    turn.acquire();
    SandboxHold hold =
        new SandboxHold(caller.tenant(), tenant, policy, caller.user(), Optional.empty());
    Runnable end =
        () -> {
          try {
            sandboxes.release(hold);
          } finally {
            turn.release();
          }
        };
    boolean started = false;
    try {
      if (!sandboxes.reserve(hold)) {
        throw none(new Execution.Full());
      }
      Programs.Started program =
          switch (sandboxes.launch(hold, ServerProgram.of(server, policy))) {
            case Launch.Started it -> new Programs.Started(it.program(), end);
            case Launch.Failed it -> throw none(it.why());
          };
      started = true;
      return program;
    } finally {
      if (!started) {
        end.run();
      }
    }
  }

  private static ToolServerFailed none(Execution why) {
    return new ToolServerFailed(
        ToolServerFailed.Kind.UNAVAILABLE,
        switch (why) {
          case Execution.Full _ -> "the tenant has as many sandboxes as it may";
          case Execution.Unavailable it -> "there is no sandbox to ask it in: " + it.reason();
          case Execution.Broken it -> "the sandbox to ask it in broke off: " + it.reason();
          case Execution.Ran _ ->
              throw new IllegalStateException("a program is not run to its end");
        });
  }
}
