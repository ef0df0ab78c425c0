package dev.hermes.operator.dedicated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.operator.testing.Golden;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MigrationJobTest {
  static final MigrationSettings SETTINGS =
      new MigrationSettings(
          "hermes-system", "hermes.local/operator:dev", "IfNotPresent", Set.of("pull"));
  static final MigrationJob.Target TARGET =
      new MigrationJob.Target(
          "acme",
          "4ad0b3a4-1111-4222-8333-444455556666",
          "0198f5b2-0000-7000-8000-00005c1e9a77",
          "acme-db",
          "uid/17");

  @Test
  void shape() {
    Job job = MigrationJob.desired(TARGET, SETTINGS);
    // the schema's version is in it, which is not for a golden file
    assertThat(job.getMetadata().getAnnotations().values())
        .containsExactly(MigrationJob.madeFrom(TARGET, SETTINGS));
    job.getMetadata().getAnnotations().clear();
    Golden.matches("dedicated/migration-job", job);
  }

  @Test
  @DisplayName("the longest name still fits where pods carry it as a label")
  void longestName() {
    MigrationJob.Target longest =
        new MigrationJob.Target(
            "a".repeat(40), "u", "0198f5b2-0000-7000-8000-00005c1e9a77", "s", "v");
    assertThat(longest.jobName()).hasSizeLessThanOrEqualTo(63).endsWith("-1e9a77");
  }
}
