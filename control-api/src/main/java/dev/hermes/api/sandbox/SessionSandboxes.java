package dev.hermes.api.sandbox;

import dev.hermes.api.sandbox.SandboxHold.SandboxPodRef;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.database.access.TenantId;
import dev.hermes.sandbox.daemon.DaemonClient;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import dev.hermes.sandbox.daemon.ExecResult;
import dev.hermes.sandbox.daemon.ProcessRequest;
import dev.hermes.sandbox.daemon.RunningProgram;
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
    return switch (within(
        hold,
        pod ->
            SandboxExec.traced(
                hold.sandboxId(),
                () -> run(pod, work, work.environment(hold.lease(), pod.podUid()))))) {
      case Use.Done<ExecResult> done -> new Execution.Ran(done.result());
      case Use.Failed<ExecResult> failed -> failed.why();
    };
  }

  /** Starts a program to speak with, under such a lease and in the same pod as {@link #execute}. */
  public Launch launch(SandboxHold hold, ProcessRequest program) throws InterruptedException {
    return switch (within(hold, pod -> daemon.processes().begin(pod, program))) {
      case Use.Done<RunningProgram> done -> new Launch.Started(done.result());
      case Use.Failed<RunningProgram> failed -> new Launch.Failed(failed.why());
    };
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

  /** What is done in a pod that was claimed. */
  private interface Use<T> {
    T in(Endpoint pod) throws DaemonException, InterruptedException;

    /** What came of it. */
    sealed interface Outcome<T> {}

    /** It was done. */
    record Done<T>(T result) implements Outcome<T> {}

    /** It was not. */
    record Failed<T>(Execution why, boolean podGone) implements Outcome<T> {}
  }

  private <T> Use.Outcome<T> within(SandboxHold hold, Use<T> use) throws InterruptedException {
    Use.Outcome<T> first = attempt(hold, use);
    if (!(first instanceof Use.Failed<T> failed && failed.podGone())) {
      return first;
    }
    claiming.discard(hold);
    return leases.reserve(hold)
        ? attempt(hold, use)
        : new Use.Failed<>(new Execution.Full(), false);
  }

  private <T> Use.Outcome<T> attempt(SandboxHold hold, Use<T> use) throws InterruptedException {
    Optional<String> ip = hold.pod().flatMap(SandboxPodRef::ip);
    if (ip.isEmpty()) {
      Optional<Execution> failure = claiming.claim(hold);
      if (failure.isPresent()) {
        return new Use.Failed<>(failure.get(), false);
      }
    }
    SandboxPodRef pod = hold.pod().orElseThrow();
    try {
      return new Use.Done<>(use.in(Endpoint.of(pod.ip().orElseThrow(), pod.uid())));
    } catch (DaemonException.PodChanged | DaemonException.Unreachable e) {
      return new Use.Failed<>(new Execution.Unavailable("the sandbox has gone"), true);
    } catch (DaemonException.Refused e) {
      return new Use.Failed<>(new Execution.Unavailable("it refused: " + e.getMessage()), false);
    } catch (DaemonException e) {
      return new Use.Failed<>(new Execution.Broken(String.valueOf(e.getMessage())), false);
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
