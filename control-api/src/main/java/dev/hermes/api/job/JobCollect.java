package dev.hermes.api.job;

import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec.Limits;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** Takes out of a sandbox what a program that has ended left there, and ends the job. */
@Singleton
final class JobCollect {
  private static final Duration HOLD = Duration.ofMinutes(3);

  private final JobTurns turns;
  private final JobEnds ends;
  private final JobProgram program;
  private final ArtifactCollector artifacts;

  JobCollect(JobTurns turns, JobEnds ends, JobProgram program, ArtifactCollector artifacts) {
    this.turns = turns;
    this.ends = ends;
    this.program = program;
    this.artifacts = artifacts;
  }

  /** May be repeated, also by another keeper, until the job has ended. */
  void collect(Turn turn, Job job, EffectiveTenant tenant, Endpoint endpoint, Progress ended)
      throws DaemonException, InterruptedException {
    if (!turns.later(turn, HOLD, null)) {
      return;
    }
    // what it left in the background would go on changing its files
    program.kill(endpoint, job);
    Limits limits =
        tenant
            .policy(job.wish().policy())
            .map(EffectivePolicy::limits)
            .orElseGet(() -> SandboxPolicySpec.defaults().limits());
    JobOutput said = program.output(endpoint, limits);
    OptionalInt leftOut = artifacts.collect(turn, job, endpoint);
    if (leftOut.isPresent()) {
      ends.end(job, ending(ended, said, leftOut.getAsInt()), Optional.of(turn.number()));
    }
  }

  private static JobEnding ending(Progress ended, JobOutput said, int leftOut) {
    return switch (ended) {
      case Progress.Exited(int code, boolean late) when late ->
          new JobEnding(
              JobStatus.TIMED_OUT, Optional.of("Its time was over."), said.with(code), leftOut);
      case Progress.Exited(int code, boolean late) ->
          new JobEnding(
              code == 0 ? JobStatus.SUCCEEDED : JobStatus.FAILED,
              Optional.empty(),
              said.with(code),
              leftOut);
      case Progress.Killed killed ->
          new JobEnding(
              JobStatus.FAILED,
              Optional.of(
                  "It was killed before it ended: most often the memory of its sandbox was used"
                      + " up, or it had too many processes."),
              said,
              leftOut);
      case Progress.Running running -> throw new IllegalStateException("it runs");
    };
  }
}
