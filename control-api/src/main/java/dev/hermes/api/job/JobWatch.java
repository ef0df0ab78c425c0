package dev.hermes.api.job;

import dev.hermes.api.job.JobTurns.Standing;
import dev.hermes.api.job.JobTurns.Step;
import dev.hermes.api.sandbox.JobSandboxes;
import dev.hermes.api.sandbox.JobSandboxes.Live;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Looks at jobs that were started, or may have been, and sees to it that each comes to an end. */
@Singleton
final class JobWatch {
  private static final Duration MOST_BETWEEN = Duration.ofSeconds(5);

  /** What the shell around the program has to end it, before it is ended from outside. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final JobTurns turns;
  private final JobEnds ends;
  private final JobSandboxes sandboxes;
  private final JobProgram program;
  private final JobCollect collect;
  private final Clock clock;
  private final Duration look;
  private final Duration silence;

  /**
   * @param look the least time between two looks at a job; one that runs long is looked at less
   * @param silence how long a sandbox may be silent before it is given up
   */
  JobWatch(
      JobTurns turns,
      JobEnds ends,
      JobSandboxes sandboxes,
      JobProgram program,
      JobCollect collect,
      Clock clock,
      @Value("${hermes.job-look:1s}") Duration look,
      @Value("${hermes.job-silence:30s}") Duration silence) {
    this.turns = turns;
    this.ends = ends;
    this.sandboxes = sandboxes;
    this.program = program;
    this.collect = collect;
    this.clock = clock;
    this.look = look;
    this.silence = silence;
  }

  /** A keeper was about to start it and told nothing since: it runs, or it is lost. */
  void unknown(Turn turn, Standing standing, Job job) throws InterruptedException {
    Optional<Live> live = live(job);
    try {
      if (live.isPresent() && program.wasStarted(live.get().endpoint())) {
        turns.step(turn, Step.STARTING, Step.RUNNING, Optional.empty(), Duration.ZERO);
        return;
      }
    } catch (DaemonException e) {
      silent(turn, standing, job, e);
      return;
    }
    ends.end(
        job,
        JobEnding.of(
            JobStatus.LOST,
            "It is not known whether its program was started, so it is not started again."));
  }

  /** It runs, or has run. */
  void running(Turn turn, Standing standing, Job job, EffectiveTenant tenant)
      throws InterruptedException {
    Optional<Live> live = live(job);
    if (live.isEmpty()) {
      ends.end(job, sandboxEnded(job));
      return;
    }
    Endpoint endpoint = live.get().endpoint();
    try {
      switch (program.look(endpoint, job)) {
        case Progress.Running running -> {
          if (clock.instant().isAfter(job.limit(clock.instant()).plus(GRACE))) {
            collect.collect(turn, job, tenant, endpoint, new Progress.Exited(137, true));
          } else {
            turns.later(turn, between(job), null);
          }
        }
        case Progress ended -> collect.collect(turn, job, tenant, endpoint, ended);
      }
    } catch (DaemonException e) {
      silent(turn, standing, job, e);
    }
  }

  private Optional<Live> live(Job job) {
    return job.state().sandbox().flatMap(lease -> sandboxes.live(job.tenant(), lease));
  }

  private void silent(Turn turn, Standing standing, Job job, DaemonException why) {
    Instant now = clock.instant();
    Instant since = standing.silentSince().orElse(now);
    if (why instanceof DaemonException.PodChanged) {
      ends.end(job, sandboxEnded(job));
    } else if (since.plus(silence).isBefore(now)) {
      ends.end(
          job,
          JobEnding.of(
              JobStatus.LOST,
              "Its sandbox has not answered for " + silence.toSeconds() + " seconds."));
    } else {
      turns.later(turn, look, since);
    }
  }

  private JobEnding sandboxEnded(Job job) {
    Instant now = clock.instant();
    return now.isBefore(job.limit(now))
        ? JobEnding.of(JobStatus.LOST, "Its sandbox ended before it.")
        : JobEnding.of(JobStatus.TIMED_OUT, "Its time was over, and its sandbox ended with it.");
  }

  private Duration between(Job job) {
    Instant now = clock.instant();
    Duration part = Duration.between(job.state().startedAt().orElse(now), now).dividedBy(20);
    Duration wait = part.compareTo(look) < 0 ? look : part;
    return wait.compareTo(MOST_BETWEEN) < 0 ? wait : MOST_BETWEEN;
  }
}
