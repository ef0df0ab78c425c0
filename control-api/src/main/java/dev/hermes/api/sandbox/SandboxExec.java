package dev.hermes.api.sandbox;

import dev.hermes.api.trace.Step;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.ExecResult;

/** Puts what a sandbox is asked to run on the trace; the daemon gets the trace's header with it. */
public final class SandboxExec {
  private SandboxExec() {}

  /** A run in a sandbox. */
  @FunctionalInterface
  public interface Run {
    ExecResult run() throws DaemonException, InterruptedException;
  }

  /** Runs it and answers or throws as it does. */
  public static ExecResult traced(String sandbox, Run run)
      throws DaemonException, InterruptedException {
    try (Step step = Step.calling("sandbox exec", "").with("hermes.sandbox.id", sandbox)) {
      try {
        ExecResult result = run.run();
        step.with("process.exit.code", result.exitCode());
        result.error().ifPresent(error -> step.failed(error.isTimeout() ? "timeout" : "failed"));
        return result;
      } catch (DaemonException e) {
        step.failed(type(e));
        throw e;
      } catch (InterruptedException e) {
        step.failed("interrupted");
        throw e;
      }
    }
  }

  private static String type(DaemonException e) {
    return switch (e) {
      case DaemonException.Refused refused -> "refused";
      case DaemonException.Late late -> "late";
      case DaemonException.Broken broken -> "broken";
      case DaemonException.PodChanged gone -> "pod_changed";
      case DaemonException.Unreachable gone -> "unreachable";
    };
  }
}
