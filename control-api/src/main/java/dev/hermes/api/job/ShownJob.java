package dev.hermes.api.job;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as its owner sees it; what is not known yet is absent.
 *
 * @param status queued, running, succeeded, failed, timed_out, cancelled or lost
 * @param reason why it ended as it did, where the exit code does not say it
 * @param exitCode as a shell tells it: 128 and the signal's number when one ended it
 * @param stdout the end of it, as much as the policy keeps; of a job that has ended
 * @param stdoutTruncated whether its beginning is not there
 * @param artifacts the files that it left; not of a list of jobs
 * @param artifactsLeftOut how many more matched than are named
 * @param receiptId of the execution receipt; present once it may have run
 */
@Serdeable
@JsonInclude(JsonInclude.Include.NON_NULL)
record ShownJob(
    String id,
    String object,
    String status,
    @Nullable String reason,
    String language,
    String policy,
    String user,
    int timeout,
    Map<String, String> metadata,
    @JsonProperty("created_at") String createdAt,
    @JsonProperty("started_at") @Nullable String startedAt,
    @JsonProperty("finished_at") @Nullable String finishedAt,
    @JsonProperty("exit_code") @Nullable Integer exitCode,
    @Nullable String stdout,
    @Nullable String stderr,
    @JsonProperty("stdout_truncated") boolean stdoutTruncated,
    @JsonProperty("stderr_truncated") boolean stderrTruncated,
    @Nullable List<Left> artifacts,
    @JsonProperty("artifacts_left_out") int artifactsLeftOut,
    @JsonProperty("receipt_id") @Nullable String receiptId) {

  /**
   * A file that matched.
   *
   * @param size in bytes
   * @param sha256 of a file that is kept, or was, in hex
   * @param state stored; or why it is not kept: too_large, too_many, link, unreadable, expired
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Left(String path, long size, @Nullable String sha256, String state) {
    static Left of(Artifact artifact) {
      return new Left(
          artifact.path(),
          artifact.size(),
          artifact.sha256().orElse(null),
          artifact.state().wire());
    }
  }

  static ShownJob whole(Job job, List<Artifact> artifacts) {
    JobOutput output = job.state().output();
    return of(
        job,
        output.stdout().orElse(null),
        output.stderr().orElse(null),
        artifacts.stream().map(Left::of).toList());
  }

  /** Without what it said and left. */
  static ShownJob brief(Job job) {
    return of(job, null, null, null);
  }

  private static ShownJob of(
      Job job, @Nullable String stdout, @Nullable String stderr, @Nullable List<Left> artifacts) {
    Job.State state = job.state();
    return new ShownJob(
        job.id().toString(),
        "job",
        state.status().wire(),
        state.reason().orElse(null),
        job.wish().language().wire(),
        job.wish().policy(),
        job.asker().user(),
        (int) job.wish().timeout().toSeconds(),
        job.wish().metadata(),
        job.createdAt().toString(),
        state.startedAt().map(Instant::toString).orElse(null),
        state.finishedAt().map(Instant::toString).orElse(null),
        state.output().exitCode().orElse(null),
        stdout,
        stderr,
        state.output().stdoutTruncated(),
        state.output().stderrTruncated(),
        artifacts,
        state.leftOut(),
        state.sandbox().map(sandbox -> job.id().toString()).orElse(null));
  }
}
