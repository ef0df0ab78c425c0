package dev.hermes.operator.dedicated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.operator.cluster.Chart;
import dev.hermes.operator.cluster.Cluster;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecretVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Who may make Jobs may mount any Secret of the namespace: admission does not let the operator. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class MigrationAdmissionClusterIT {
  private static final List<HasMetadata> INSTALLED = new ArrayList<>();
  private static KubernetesClient admin;
  private static KubernetesClient operator;

  @BeforeAll
  static void start() throws Exception {
    Cluster cluster = Cluster.get();
    admin = cluster.kubernetes();
    operator =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.operatorKubeconfig().toFile()))
            .build();
    Chart.objects(
            admin,
            "--set",
            "database.dedicated.secrets={acme-db,globex-db}",
            "--show-only",
            "templates/database/dedicated.yaml")
        .stream()
        .filter(object -> object.getKind().startsWith("Validating"))
        .forEach(object -> INSTALLED.add(admin.resource(object).create()));
    assertThat(INSTALLED).hasSize(2);
  }

  @AfterAll
  static void stop() {
    INSTALLED.forEach(object -> admin.resource(object).delete());
    operator.close();
  }

  private static PodSpec pod(Job job) {
    return job.getSpec().getTemplate().getSpec();
  }

  private static Container container(Job job) {
    return pod(job).getContainers().getFirst();
  }

  private static Job job() {
    return MigrationJob.desired(MigrationJobTest.TARGET, MigrationJobTest.SETTINGS);
  }

  /** What admission says; empty: it lets the Job in. */
  private static String refusal(Consumer<Job> change) {
    Job job = job();
    change.accept(job);
    try {
      operator.resource(job).dryRun().create();
      return "";
    } catch (KubernetesClientException e) {
      return e.getMessage();
    }
  }

  private static void mounts(Job job, String secret) {
    pod(job)
        .getVolumes()
        .getFirst()
        .setSecret(new SecretVolumeSourceBuilder().withSecretName(secret).build());
  }

  @Test
  @DisplayName(
      "the operator's Job as it is made passes; with any other Secret or program it does not")
  void jobs() {
    Map<String, Consumer<Job>> forbidden =
        Map.of(
            "another Secret as a file", job -> mounts(job, "hermes-pepper"),
            "the readable Secret as a file", job -> mounts(job, "acme-db"),
            "another database's address",
                job ->
                    container(job)
                        .getEnv()
                        .getFirst()
                        .getValueFrom()
                        .getSecretKeyRef()
                        .setName("hermes-postgresql"),
            "a password of the readable Secret",
                job ->
                    container(job)
                        .getEnv()
                        .getFirst()
                        .getValueFrom()
                        .getSecretKeyRef()
                        .setKey("app"),
            "another image", job -> container(job).setImage("example.com/shell"),
            "another task", job -> container(job).setArgs(List.of("bootstrap")),
            "another program", job -> container(job).setCommand(List.of("sh", "-c", "env")),
            "one more container before it",
                job -> {
                  Container first = container(job());
                  first.setName("first");
                  pod(job).setInitContainers(List.of(first));
                },
            "another account", job -> pod(job).setServiceAccountName("hermes-api"));
    // a new policy is in force after a moment
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> refusal(job -> mounts(job, "hermes-pepper")).contains("[40]"));
    assertThat(refusal(job -> {})).as("control").isEmpty();
    forbidden.forEach((what, change) -> assertThat(refusal(change)).as(what).contains("[40]"));
  }
}
