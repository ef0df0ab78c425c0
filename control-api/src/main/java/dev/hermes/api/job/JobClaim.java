package dev.hermes.api.job;

import dev.hermes.api.job.JobTurns.Standing;
import dev.hermes.api.job.JobTurns.Step;
import dev.hermes.api.sandbox.Execution;
import dev.hermes.api.sandbox.JobSandboxes;
import dev.hermes.api.sandbox.SandboxHold;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.sandbox.daemon.DaemonException;
import dev.hermes.sandbox.daemon.Endpoint;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/** Finds a sandbox for a job that waits. Nothing of the job runs yet, so it may be repeated. */
@Singleton
final class JobClaim {
  /** A claim waits for room and for a cold pod, for a minute and a quarter in all. */
  private static final Duration HOLD = Duration.ofMinutes(3);

  private static final Duration FULL = Duration.ofSeconds(1);
  private static final Duration EACH_AHEAD = Duration.ofMillis(300);
  private static final Duration NONE = Duration.ofSeconds(5);
  private static final Duration WAITS = Duration.ofDays(1);

  /** A sandbox outlives the program's time by this, to be claimed and to be collected from. */
  private static final Duration AROUND = Duration.ofMinutes(5);

  /** Codes with which a sandbox refuses everything. */
  private static final Set<String> OF_THE_SANDBOX = Set.of("unavailable", "unauthenticated");

  /** At a time, for a claim may wait long and looks at what runs must not wait for it. */
  private static final int MOST = 6;

  private final Semaphore claims = new Semaphore(MOST);
  private final JobTurns turns;
  private final JobQueue queue;
  private final JobEnds ends;
  private final JobSandboxes sandboxes;
  private final JobProgram program;
  private final Clock clock;

  JobClaim(
      JobTurns turns,
      JobQueue queue,
      JobEnds ends,
      JobSandboxes sandboxes,
      JobProgram program,
      Clock clock) {
    this.turns = turns;
    this.queue = queue;
    this.ends = ends;
    this.sandboxes = sandboxes;
    this.program = program;
    this.clock = clock;
  }

  /** A sandbox in which the job may begin. */
  record Place(EffectivePolicy policy, UUID lease, Endpoint endpoint) {}

  /** Gets a sandbox with the job's files in it; empty when it waits on, or has ended. */
  Optional<Place> claim(Turn turn, Standing standing, Job job, EffectiveTenant tenant)
      throws InterruptedException {
    // of a keeper that died while it claimed
    standing.lease().ifPresent(lease -> sandboxes.end(job.tenant(), lease));
    Optional<EffectivePolicy> policy =
        tenant
            .policy(job.wish().policy())
            .filter(it -> tenant.toolsIn(it).contains(job.wish().language()));
    if (policy.isEmpty()) {
      ends.end(
          job,
          JobEnding.of(
              JobStatus.FAILED,
              "The tool '%s' is not allowed to this tenant under the policy '%s' any more."
                  .formatted(job.wish().language().wire(), job.wish().policy())));
      return Optional.empty();
    }
    if (job.createdAt().plus(WAITS).isBefore(clock.instant())) {
      ends.end(job, JobEnding.of(JobStatus.FAILED, "No sandbox was free for it within a day."));
      return Optional.empty();
    }
    if (policy.get().unavailable() != null) {
      queue.back(turn, false, NONE);
      return Optional.empty();
    }
    JobQueue.Room room = queue.room(job.tenant(), job.id());
    if (room.ahead() + room.taken() >= tenant.maxConcurrentSandboxes()) {
      queue.back(turn, true, FULL.plus(EACH_AHEAD.multipliedBy(room.ahead())));
      return Optional.empty();
    }
    SandboxHold hold =
        SandboxHold.held(
            job.tenant(),
            tenant,
            policy.get(),
            job.asker().user(),
            job.wish().timeout().plus(AROUND),
            job.wish().environment(),
            Optional.empty());
    UUID lease = hold.lease();
    if (!turns.step(turn, standing.step(), Step.CLAIMING, Optional.of(lease), HOLD)) {
      return Optional.empty();
    }
    return reserve(turn, hold) ? prepared(turn, job, policy.get(), lease) : Optional.empty();
  }

  private boolean reserve(Turn turn, SandboxHold hold) throws InterruptedException {
    if (!claims.tryAcquire()) {
      queue.back(turn, true, FULL);
      return false;
    }
    try {
      return reserved(turn, hold);
    } finally {
      claims.release();
    }
  }

  private boolean reserved(Turn turn, SandboxHold hold) throws InterruptedException {
    if (!sandboxes.reserve(hold)) {
      queue.back(turn, true, FULL);
      return false;
    }
    Optional<Execution> failure = sandboxes.claim(hold);
    failure.ifPresent(why -> {
      boolean forRoom = why instanceof Execution.Full;
      queue.back(turn, forRoom, forRoom ? FULL : NONE);
    });
    return failure.isEmpty();
  }

  private Optional<Place> prepared(Turn turn, Job job, EffectivePolicy policy, UUID lease)
      throws InterruptedException {
    Optional<Place> place =
        sandboxes.live(job.tenant(), lease).map(live -> new Place(policy, lease, live.endpoint()));
    try {
      if (place.isPresent()) {
        program.prepare(place.get().endpoint(), job);
        return place;
      }
    } catch (DaemonException e) {
      // nothing has run: unless it is the files that are refused, another sandbox will do
      if (e instanceof DaemonException.Refused refused
          && !OF_THE_SANDBOX.contains(refused.code())) {
        ends.end(
            job,
            JobEnding.of(
                JobStatus.FAILED, "The sandbox did not take its files: " + e.getMessage()));
        return Optional.empty();
      }
    }
    sandboxes.end(job.tenant(), lease);
    queue.back(turn, false, NONE);
    return Optional.empty();
  }
}
