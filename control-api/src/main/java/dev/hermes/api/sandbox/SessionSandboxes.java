package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.ExecResult;
import jakarta.inject.Singleton;
import java.util.Map;
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

  /** Whether leases join the transaction that {@code content} begins for the tenant. */
  public boolean join(TenantDatabase content, TenantId tenant) {
    return leases.join(content, tenant);
  }

  /** Finds or makes the lease. False: the tenant's are all in use. */
  public boolean reserve(SandboxHold hold) {
    return leases.reserve(hold);
  }

  /**
   * Does the work under a lease that {@link #reserve} has found. When the pod has gone, and so
   * nothing ran, one other is claimed.
   */
  public Execution execute(SandboxHold hold, SandboxWork work) throws InterruptedException {
    Attempt first = attempt(hold, work);
    if (!first.podGone()) {
      return first.execution();
    }
    claiming.discard(hold);
    return leases.reserve(hold) ? attempt(hold, work).execution() : new Execution.Full();
  }

  /** The request ends: a session's sandbox idles from now, any other is over. */
  public void settle(SandboxHold hold) {
    if (!hold.isReserved()) {
      return;
    }
    if (hold.session().isPresent()) {
      leases.renew(hold);
    } else {
      leases.over(hold.tenantId(), hold.lease());
    }
  }

  /** After {@link #settle}: takes the pod of a request without session away at once. */
  public void release(SandboxHold hold) {
    if (hold.isReserved() && hold.session().isEmpty()) {
      claiming.discard(hold);
    }
  }

  private record Attempt(Execution execution, boolean podGone) {}

  private Attempt attempt(SandboxHold hold, SandboxWork work) throws InterruptedException {
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
          new Execution.Ran(
              SandboxExec.traced(
                  hold.sandboxId(),
                  () ->
                      run(
                          Endpoint.of(pod.ip().orElseThrow(), pod.uid()),
                          work,
                          work.environment(hold.lease(), pod.uid())))),
          false);
    } catch (DaemonException.PodChanged | DaemonException.Unreachable e) {
      return new Attempt(new Execution.Unavailable("the sandbox has gone"), true);
    } catch (DaemonException.Refused e) {
      return new Attempt(new Execution.Unavailable("it refused: " + e.getMessage()), false);
    } catch (DaemonException e) {
      return new Attempt(new Execution.Broken(String.valueOf(e.getMessage())), false);
    }
  }

  private ExecResult run(Endpoint endpoint, SandboxWork work, Map<String, String> environment)
      throws DaemonException, InterruptedException {
    return switch (work) {
      case SandboxWork.Code code ->
          switch (code.language()) {
            case PYTHON -> daemon.executePython(endpoint, code.text(), code.timeout(), environment);
            case BASH -> daemon.runBash(endpoint, code.text(), code.timeout(), environment);
            case FILES -> throw new IllegalArgumentException("files is no language");
          };
      case SandboxWork.Files files ->
          files
              .action()
              .perform(daemon.files().within(files.timeout()), endpoint, files.outputBytes());
    };
  }
}
