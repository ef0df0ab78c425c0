package dev.hermes.api.job;

import dev.hermes.api.job.JobTurns.Standing;
import dev.hermes.api.problem.ApiException;
import dev.hermes.api.tenant.Tenants;
import dev.hermes.crds.effective.EffectiveTenant;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** One turn at one job: whatever is to be done next for it. */
@Singleton
final class JobStep {
  private static final Duration MADE = Duration.ofMinutes(1);
  private static final Duration SOON = Duration.ofSeconds(5);

  private final JobTurns turns;
  private final JobRows rows;
  private final ArtifactRows artifacts;
  private final JobEnds ends;
  private final JobStart start;
  private final JobWatch watch;
  private final Tenants tenants;
  private final Clock clock;

  JobStep(
      JobTurns turns,
      JobRows rows,
      ArtifactRows artifacts,
      JobEnds ends,
      JobStart start,
      JobWatch watch,
      Tenants tenants,
      Clock clock) {
    this.turns = turns;
    this.rows = rows;
    this.artifacts = artifacts;
    this.ends = ends;
    this.start = start;
    this.watch = watch;
    this.tenants = tenants;
    this.clock = clock;
  }

  /** What it throws costs this turn alone: the job is due again when the turn's time is over. */
  void take(Turn turn) throws InterruptedException {
    Optional<Standing> standing = turns.find(turn.tenant(), turn.job());
    if (standing.isEmpty()) {
      return;
    }
    Optional<Job> job = rows.find(turn.tenant(), turn.job());
    if (job.isEmpty()) {
      missing(turn, standing.get());
    } else if (!job.get().isLive()) {
      over(turn, standing.get());
    } else {
      live(turn, standing.get(), job.get());
    }
  }

  /** Its maker died before the content was there, or writes it now; or it was removed. */
  private void missing(Turn turn, Standing standing) {
    if (standing.createdAt().plus(MADE).isAfter(clock.instant())) {
      turns.later(turn, SOON, null);
      return;
    }
    ends.settle(turn.tenant(), turn.job());
    turns.remove(turn.tenant(), turn.job());
  }

  private void over(Turn turn, Standing standing) {
    if (standing.step() == JobTurns.Step.ENDED) {
      // due again after its end: what it left has been kept for as long as it is
      artifacts.expire(turn.tenant(), turn.job());
      turns.remove(turn.tenant(), turn.job());
    } else {
      ends.settle(turn.tenant(), turn.job());
    }
  }

  private void live(Turn turn, Standing standing, Job job) throws InterruptedException {
    EffectiveTenant tenant;
    try {
      tenant = tenants.effective(turn.tenant());
    } catch (ApiException e) {
      ends.end(job, JobEnding.of(JobStatus.CANCELLED, "Its tenant is suspended."));
      return;
    }
    switch (standing.step()) {
      case QUEUED, CLAIMING -> start.start(turn, standing, job, tenant);
      case STARTING -> watch.unknown(turn, standing, job);
      case RUNNING -> watch.running(turn, standing, job, tenant);
      case ENDED -> ends.settle(turn.tenant(), turn.job());
    }
  }
}
