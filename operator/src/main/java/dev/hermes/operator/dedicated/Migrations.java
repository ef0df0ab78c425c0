package dev.hermes.operator.dedicated;

import dev.hermes.crds.Reason;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import dev.hermes.operator.kube.Deletion;
import dev.hermes.operator.provision.DedicatedUnavailable;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** Has databases migrated by Jobs: a long-lived process never has the right to change a schema. */
final class Migrations {
  private final KubernetesClient kubernetes;
  private final MigrationSettings settings;
  private final Deletion deletion;
  private final Clock clock;

  Migrations(KubernetesClient kubernetes, MigrationSettings settings, Clock clock) {
    this.kubernetes = kubernetes;
    this.settings = settings;
    this.deletion = new Deletion(kubernetes);
    this.clock = clock;
  }

  /**
   * The schema is older than this release needs. Sees to a Job and answers how far it is.
   *
   * @param installed the schema's version
   */
  DedicatedUnavailable advance(MigrationJob.Target target, int installed) {
    if (settings.image().isEmpty()) {
      return new DedicatedUnavailable(
          Reason.MigrationFailed,
          "the operator does not know its own image (HERMES_IMAGE), so it cannot migrate the"
              + " database");
    }
    Job live =
        kubernetes
            .batch()
            .v1()
            .jobs()
            .inNamespace(settings.namespace())
            .withName(target.jobName())
            .get();
    if (live == null) {
      create(target);
      return running(target, installed, Optional.empty());
    }
    return switch (MigrationState.of(
        live, target.tenantUid(), MigrationJob.madeFrom(target, settings), clock.instant())) {
      case MigrationState.Running running -> running(target, installed, why(target));
      case MigrationState.Over over -> {
        deletion.job(settings.namespace(), target.jobName(), live.getMetadata().getUid());
        yield running(target, installed, Optional.empty());
      }
      case MigrationState.Failed failed ->
          new DedicatedUnavailable(
              Reason.MigrationFailed,
              "Job "
                  + target.jobName()
                  + " has failed and the schema is at version "
                  + installed
                  + ": "
                  + why(target).orElseGet(() -> unsaid(target))
                  + ". Tried again in a few minutes, or when the Secret changes");
      case MigrationState.Foreign foreign ->
          new DedicatedUnavailable(
              Reason.MigrationFailed,
              "a Job "
                  + target.jobName()
                  + " is there that is not this Tenant's; delete it when it has ended");
    };
  }

  private void create(MigrationJob.Target target) {
    try {
      kubernetes.resource(MigrationJob.desired(target, settings)).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() == 403) {
        throw new DedicatedUnavailable(
            Reason.MigrationFailed,
            "the operator may not make the migration Job: name Secret "
                + target.secret()
                + " in the chart's database.dedicated.secrets");
      }
      // somebody was faster: looked at next time
      if (e.getCode() != 409) {
        throw e;
      }
    }
  }

  private DedicatedUnavailable running(
      MigrationJob.Target target, int installed, Optional<String> why) {
    return new DedicatedUnavailable(
        Reason.Migrating,
        "Job "
            + target.jobName()
            + " brings the schema from version "
            + installed
            + " to "
            + SchemaVersion.REQUIRED
            + why.map(text -> "; an attempt failed: " + text).orElse(""));
  }

  private String unsaid(MigrationJob.Target target) {
    return "no attempt said why; see whether Secret "
        + TenantDatabaseSecret.migratorOf(target.secret())
        + " is there with the key migrator";
  }

  private Optional<String> why(MigrationJob.Target target) {
    List<Pod> pods =
        kubernetes
            .pods()
            .inNamespace(settings.namespace())
            .withLabel("batch.kubernetes.io/job-name", target.jobName())
            .list()
            .getItems();
    return MigrationState.why(pods);
  }
}
