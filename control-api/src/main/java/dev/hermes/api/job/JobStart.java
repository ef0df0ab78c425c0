package dev.hermes.api.job;

import dev.hermes.api.job.JobClaim.Place;
import dev.hermes.api.job.JobTurns.Standing;
import dev.hermes.api.job.JobTurns.Step;
import dev.hermes.api.receipt.Receipts;
import dev.hermes.api.sandbox.JobSandboxes;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.database.access.TenantDatabase;
import dev.hermes.sandbox.daemon.DaemonException;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Starts jobs, each at most once. A claim may be repeated, for nothing has run; from {@link #begin}
 * on nothing is: what becomes of a keeper that dies then is found out, not tried again.
 */
@Singleton
final class JobStart {
  private static final Duration LAUNCH = Duration.ofSeconds(30);
  private static final Duration SOON = Duration.ofSeconds(5);

  /** Of a sandbox that the policy lets live no longer than the program, what is kept for that. */
  private static final Duration COLLECT = Duration.ofSeconds(20);

  private final TenantDatabase database;
  private final JobRows rows;
  private final JobTurns turns;
  private final JobEnds ends;
  private final JobClaim claim;
  private final JobSandboxes sandboxes;
  private final JobProgram program;
  private final Receipts receipts;
  private final Clock clock;

  JobStart(
      TenantDatabase database,
      JobRows rows,
      JobTurns turns,
      JobEnds ends,
      JobClaim claim,
      JobSandboxes sandboxes,
      JobProgram program,
      Receipts receipts,
      Clock clock) {
    this.database = database;
    this.rows = rows;
    this.turns = turns;
    this.ends = ends;
    this.claim = claim;
    this.sandboxes = sandboxes;
    this.program = program;
    this.receipts = receipts;
    this.clock = clock;
  }

  void start(Turn turn, Standing standing, Job job, EffectiveTenant tenant)
      throws InterruptedException {
    Optional<Place> place = claim.claim(turn, standing, job, tenant);
    if (place.isEmpty()) {
      return;
    }
    Optional<Job> begun = begin(turn, job, place.get());
    if (begun.isPresent()) {
      launch(turn, begun.get(), place.get());
    }
  }

  /** Notes, before anything runs, that it may have run; empty when it was cancelled before. */
  Optional<Job> begin(Turn turn, Job job, Place place) {
    if (!turns.step(turn, Step.CLAIMING, Step.STARTING, Optional.empty(), LAUNCH)) {
      sandboxes.end(job.tenant(), place.lease());
      return Optional.empty();
    }
    Instant now = clock.instant();
    boolean begun =
        database.inTenant(
            job.tenant(),
            handle -> {
              if (!rows.begun(job, place.lease(), now)) {
                return false;
              }
              receipts.begin(job.tenant(), JobEnds.receipt(job), place.lease().toString());
              return true;
            });
    if (!begun) {
      ends.settle(job.tenant(), job.id());
      return Optional.empty();
    }
    return rows.find(job.tenant(), job.id());
  }

  /** Starts the program. Whether it runs when that breaks off, the next look at it tells. */
  void launch(Turn turn, Job job, Place place) throws InterruptedException {
    Optional<JobSandboxes.Live> live = sandboxes.live(job.tenant(), place.lease());
    if (live.isEmpty()) {
      turns.later(turn, Duration.ZERO, null);
      return;
    }
    try {
      program.launch(
          place.endpoint(), job, place.policy(), place.lease(), limit(job, live.get().endsAt()));
    } catch (DaemonException.Refused e) {
      ends.end(
          job, JobEnding.of(JobStatus.FAILED, "The sandbox did not start it: " + e.getMessage()));
      return;
    } catch (DaemonException e) {
      turns.later(turn, SOON, null);
      return;
    }
    if (!turns.step(turn, Step.STARTING, Step.RUNNING, Optional.empty(), Duration.ZERO)) {
      // cancelled meanwhile, perhaps before there was anything to end
      sandboxes.end(job.tenant(), place.lease());
    }
  }

  private Duration limit(Job job, Instant endsAt) {
    Duration left = Duration.between(clock.instant(), endsAt).minus(COLLECT);
    Duration limit = job.wish().timeout().compareTo(left) < 0 ? job.wish().timeout() : left;
    return limit.toSeconds() < 1 ? Duration.ofSeconds(1) : limit;
  }
}
