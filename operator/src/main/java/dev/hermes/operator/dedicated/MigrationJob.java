package dev.hermes.operator.dedicated;

import dev.hermes.crds.Names;
import dev.hermes.database.check.SchemaVersion;
import dev.hermes.database.dedicated.TenantDatabaseSecret;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Job that migrates a tenant's own database: the chart's, with this database's Secrets. The
 * password of hermes_migrator reaches it as a file and the operator never. Pure, golden-tested.
 */
final class MigrationJob {
  private static final String DIRECTORY = "/etc/hermes/db";
  private static final int USER = 65_532;

  private MigrationJob() {}

  /**
   * Whose database.
   *
   * @param secret name of the Secret that leads to it
   * @param secretVersion another one is another Job
   */
  record Target(
      String tenantName, String tenantUid, String tenantId, String secret, String secretVersion) {
    String jobName() {
      return Names.migrationOf(tenantName, tenantId);
    }
  }

  /** What a Job was made from; one of something else is not waited for. */
  static String madeFrom(Target target, MigrationSettings settings) {
    return String.join(
        " ",
        target.secret(),
        target.secretVersion(),
        Integer.toString(SchemaVersion.REQUIRED),
        settings.image());
  }

  static Job desired(Target target, MigrationSettings settings) {
    Map<String, String> labels =
        new TreeMap<>(
            Map.of(
                Names.MANAGED_BY,
                Names.MANAGED_BY_OPERATOR,
                Names.TENANT,
                target.tenantName(),
                Names.TENANT_ID,
                target.tenantId(),
                Names.OWNER_UID,
                target.tenantUid(),
                "app.kubernetes.io/component",
                "migrate"));
    return new JobBuilder()
        .withNewMetadata()
        .withName(target.jobName())
        .withNamespace(settings.namespace())
        .withLabels(labels)
        .addToAnnotations(Names.MIGRATION_OF, madeFrom(target, settings))
        .endMetadata()
        .withNewSpec()
        .withBackoffLimit(3)
        .withActiveDeadlineSeconds(900L)
        .withTtlSecondsAfterFinished(3600)
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels)
        .addToLabels("hermes.dev/database-client", "true")
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .withServiceAccountName(Names.MIGRATE_SERVICE_ACCOUNT)
        .withAutomountServiceAccountToken(false)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser((long) USER)
        .withRunAsGroup((long) USER)
        .withFsGroup((long) USER)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withImagePullSecrets(
            settings.pullSecrets().stream().sorted().map(LocalObjectReference::new).toList())
        .addNewContainer()
        .withName("migrate")
        .withImage(settings.image())
        .withImagePullPolicy(settings.pullPolicy())
        .withCommand(
            "java",
            "-XX:+UseSerialGC",
            "-Xmx96m",
            "-cp",
            "@/app/jib-classpath-file",
            "dev.hermes.database.migrate.Main")
        .withArgs("migrate")
        .withEnv(
            new EnvVarBuilder()
                .withName("HERMES_DB_URL")
                .withNewValueFrom()
                .withNewSecretKeyRef("url", target.secret(), false)
                .endValueFrom()
                .build(),
            new EnvVarBuilder().withName("HERMES_DB_DIR").withValue(DIRECTORY).build())
        // the last lines become the container's message: logs need not be readable for the reason
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .addToDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .withNewResources()
        .addToRequests("cpu", new Quantity("50m"))
        .addToRequests("memory", new Quantity("128Mi"))
        .addToLimits("memory", new Quantity("256Mi"))
        .endResources()
        .addNewVolumeMount()
        .withName("migrator")
        .withMountPath(DIRECTORY)
        .withReadOnly(true)
        .endVolumeMount()
        .addNewVolumeMount()
        .withName("tmp")
        .withMountPath("/tmp")
        .endVolumeMount()
        .endContainer()
        .addNewVolume()
        .withName("migrator")
        .withNewSecret()
        .withSecretName(TenantDatabaseSecret.migratorOf(target.secret()))
        .withDefaultMode(0440)
        .addNewItem()
        .withKey("migrator")
        .withPath("migrator")
        .endItem()
        .endSecret()
        .endVolume()
        .addNewVolume()
        .withName("tmp")
        .withNewEmptyDir()
        .withSizeLimit(new Quantity("64Mi"))
        .endEmptyDir()
        .endVolume()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }
}
