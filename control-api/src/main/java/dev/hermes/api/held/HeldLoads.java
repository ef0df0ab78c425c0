package dev.hermes.api.held;

import dev.hermes.api.identity.Principal;
import dev.hermes.api.problem.ApiException;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.SandboxLoad;
import jakarta.inject.Singleton;
import java.util.UUID;

/** What sandboxes that apps hold use, asked of each itself; nobody keeps what it was. */
@Singleton
public final class HeldLoads {
  private final HeldSandboxes sandboxes;
  private final DaemonClient daemon;

  HeldLoads(HeldSandboxes sandboxes, DaemonClient daemon) {
    this.sandboxes = sandboxes;
    this.daemon = daemon;
  }

  /** A sandbox and what it uses now. */
  public record Measured(HeldSandbox sandbox, SandboxLoad load) {}

  /** Of the caller's live sandbox; 404 when there is none, 502 when it has just ended. */
  public Measured now(Principal caller, UUID id) throws InterruptedException {
    HeldSandbox sandbox = sandboxes.find(caller, id);
    try {
      return new Measured(sandbox, daemon.load(CodeRunner.endpoint(sandbox)));
    } catch (DaemonException e) {
      throw new ApiException(CodeRunner.failure(e));
    }
  }
}
