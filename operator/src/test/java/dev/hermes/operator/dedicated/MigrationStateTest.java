package dev.hermes.operator.dedicated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Names;
import dev.hermes.operator.testing.Fixtures;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MigrationStateTest {
  private static final Instant NOW = Fixtures.NOW;
  private static final String UID = MigrationJobTest.TARGET.tenantUid();
  private static final String FROM =
      MigrationJob.madeFrom(MigrationJobTest.TARGET, MigrationJobTest.SETTINGS);

  private static Job job(String condition, Duration ago) {
    return new JobBuilder(MigrationJob.desired(MigrationJobTest.TARGET, MigrationJobTest.SETTINGS))
        .withNewStatus()
        .addNewCondition()
        .withType(condition)
        .withStatus("True")
        .withLastTransitionTime(NOW.minus(ago).toString())
        .endCondition()
        .endStatus()
        .build();
  }

  private static MigrationState of(Job job, String from) {
    return MigrationState.of(job, UID, from, NOW);
  }

  @Test
  void running() {
    Job job = MigrationJob.desired(MigrationJobTest.TARGET, MigrationJobTest.SETTINGS);
    assertThat(of(job, FROM)).isInstanceOf(MigrationState.Running.class);
    assertThat(of(job, "another release")).isInstanceOf(MigrationState.Running.class);
  }

  @Test
  @DisplayName("a Job that just succeeded is not judged by a schema that was looked at before it")
  void settling() {
    assertThat(of(job("Complete", Duration.ofSeconds(5)), FROM))
        .isInstanceOf(MigrationState.Running.class);
    assertThat(of(job("Complete", Duration.ofSeconds(60)), FROM))
        .isInstanceOf(MigrationState.Failed.class);
  }

  @Test
  @DisplayName("a failure is told for a while, then tried again; at once for another Secret")
  void failed() {
    assertThat(of(job("Failed", Duration.ofSeconds(1)), FROM))
        .isInstanceOf(MigrationState.Failed.class);
    assertThat(of(job("Failed", Duration.ofMinutes(6)), FROM))
        .isInstanceOf(MigrationState.Over.class);
    assertThat(of(job("Failed", Duration.ofSeconds(1)), FROM + " changed"))
        .isInstanceOf(MigrationState.Over.class);
  }

  @Test
  void foreign() {
    Job job = job("Complete", Duration.ofDays(1));
    job.getMetadata().getLabels().put(Names.OWNER_UID, "somebody else");
    assertThat(of(job, FROM)).isInstanceOf(MigrationState.Foreign.class);
    job.getMetadata().setLabels(null);
    assertThat(of(job, FROM)).isInstanceOf(MigrationState.Foreign.class);
  }

  private static Pod pod(String created, int exitCode, String message) {
    return new PodBuilder()
        .withNewMetadata()
        .withCreationTimestamp(created)
        .endMetadata()
        .withNewStatus()
        .addNewContainerStatus()
        .withNewState()
        .withNewTerminated()
        .withExitCode(exitCode)
        .withMessage(message)
        .endTerminated()
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  @Test
  @DisplayName(
      "why: the newest failed pod's words, from the error on, in one line of bounded length")
  void why() {
    assertThat(
            MigrationState.why(
                List.of(
                    pod("2026-08-01T11:00:00Z", 1, "old"),
                    pod("2026-08-01T11:05:00Z", 0, "all is well"),
                    pod(
                        "2026-08-01T11:04:00Z",
                        1,
                        "INFO waiting\nERROR migrate failed: Script V7 failed\n  SQL State: 42P01\n"))))
        .contains("Script V7 failed SQL State: 42P01");
    assertThat(MigrationState.why(List.of(pod("2026-08-01T11:00:00Z", 1, "a\nlast\n \n"))))
        .contains("last");
    assertThat(
            MigrationState.why(List.of(pod("2026-08-01T11:00:00Z", 1, "x".repeat(4000))))
                .orElseThrow())
        .hasSizeLessThan(310);
    assertThat(MigrationState.why(List.of(new PodBuilder().build()))).isEmpty();
  }
}
