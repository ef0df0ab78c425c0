package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.ExecResult;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * Runs code in a session's sandbox: the first call claims one, it ends idle or with its lifetime; a
 * request without a session has one of its own for as long as it runs. The tools call it.
 */
@Singleton
public final class SessionSandboxes {
  private final Leases leases;
  private final Claiming claiming;
  private final DaemonClient daemon;

  SessionSandboxes(Leases leases, Claiming claiming, DaemonClient daemon) {
    this.leases = leases;
    this.claiming = claiming;
    this.daemon = daemon;
  }

  /**
   * Finds or makes the lease; joins the caller's transaction. False: the tenant's are all in use.
   */
  public boolean reserve(SandboxHold hold) {
    return leases.reserve(hold);
  }

  /**
   * Runs the code under a lease that {@link #reserve} has found. When the pod has gone, and so
   * nothing ran, one other is claimed.
   */
  public Execution execute(SandboxHold hold, SandboxCode code) throws InterruptedException {
    Attempt first = attempt(hold, code);
    if (!first.podGone()) {
      return first.execution();
    }
    claiming.discard(hold);
    return leases.reserve(hold) ? attempt(hold, code).execution() : new Execution.Full();
  }

  /** The request ends: a session's sandbox idles from now, any other is over. Joins. */
  public void settle(SandboxHold hold) {
    if (!hold.isReserved()) {
      return;
    }
    if (hold.session().isPresent()) {
      leases.renew(hold);
    } else {
      leases.over(hold);
    }
  }

  /** After {@link #settle}: takes the pod of a request without session away at once. */
  public void release(SandboxHold hold) {
    if (hold.isReserved() && hold.session().isEmpty()) {
      claiming.discard(hold);
    }
  }

  private record Attempt(Execution execution, boolean podGone) {}

  private Attempt attempt(SandboxHold hold, SandboxCode code) throws InterruptedException {
    Optional<String> ip = hold.pod().flatMap(SandboxPodRef::ip);
    if (ip.isEmpty()) {
      Optional<Execution> failure = claiming.claim(hold);
      if (failure.isPresent()) {
        return new Attempt(failure.get(), false);
      }
    }
    SandboxPodRef pod = hold.pod().orElseThrow();
    try {
      return new Attempt(
          new Execution.Ran(run(Endpoint.of(pod.ip().orElseThrow(), pod.uid()), code)), false);
    } catch (DaemonException.PodChanged | DaemonException.Unreachable e) {
      return new Attempt(new Execution.Unavailable("the sandbox has gone"), true);
    } catch (DaemonException.Refused e) {
      return new Attempt(new Execution.Unavailable("it refused: " + e.getMessage()), false);
    } catch (DaemonException e) {
      return new Attempt(new Execution.Broken(String.valueOf(e.getMessage())), false);
    }
  }

  private ExecResult run(Endpoint endpoint, SandboxCode code)
      throws DaemonException, InterruptedException {
    return switch (code.language()) {
      case PYTHON -> daemon.executePython(endpoint, code.text(), code.timeout());
      case BASH -> daemon.runBash(endpoint, code.text(), code.timeout());
    };
  }
}
