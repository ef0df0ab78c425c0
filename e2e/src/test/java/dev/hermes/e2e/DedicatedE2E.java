package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.TenantSpec;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * A tenant with a database of its own: another one of the node's PostgreSQL, which for Hermes is as
 * good as another server. It upgrades the release, so it runs late.
 */
@Order(Integer.MAX_VALUE - 1)
class DedicatedE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static final String NAME = "own" + UUID.randomUUID().toString().substring(0, 6);
  private static final String SECRET = NAME + "-db";
  private static TestTenant tenant;

  @BeforeAll
  static void prepare() throws Exception {
    bootstrap();
    secret(SECRET, "hermes.dev/tenant-database", List.of("app", "provisioner", "probe"), url());
    secret(SECRET + "-migrator", "hermes.dev/tenant-database-migrator", List.of("migrator"), null);
    upgrade("[\"" + SECRET + "\"]", "true");
    tenant =
        TestTenant.apply(
            "own",
            SandboxPolicySpec.defaults(),
            new TenantSpec.Database(
                TenantSpec.Isolation.DEDICATED, new TenantSpec.SecretRef(SECRET)));
  }

  @AfterAll
  static void cleanUp() throws Exception {
    if (tenant != null) {
      tenant.close();
    }
    upgrade("[]", "false");
    for (String name : List.of(SECRET, SECRET + "-migrator")) {
      CLUSTER.admin().secrets().inNamespace(Cluster.SYSTEM).withName(name).delete();
    }
    CLUSTER.admin().batch().v1().jobs().inNamespace(Cluster.SYSTEM).withName(NAME).delete();
  }

  private static String url() {
    return "jdbc:postgresql://hermes-postgresql."
        + Cluster.SYSTEM
        + ".svc:5432/"
        + NAME
        + "?sslmode=disable";
  }

  private static void upgrade(String secrets, String plaintext) throws Exception {
    Helm.run(
        "upgrade",
        "hermes",
        Helm.CHART,
        "--reuse-values",
        "--wait",
        "--timeout",
        "4m",
        "--set-json",
        "database.dedicated.secrets=" + secrets,
        "--set",
        "database.dedicated.allowPlaintext=" + plaintext);
  }

  /** The chart's own bootstrap step with another URL: it creates the database, too. */
  private static void bootstrap() {
    var jobs = CLUSTER.admin().batch().v1().jobs().inNamespace(Cluster.SYSTEM);
    var pod =
        jobs.list().getItems().stream()
            .map(job -> job.getSpec().getTemplate().getSpec())
            .filter(spec -> !spec.getInitContainers().isEmpty())
            .findFirst()
            .orElseThrow();
    var container = pod.getInitContainers().getFirst();
    container.getEnv().stream()
        .filter(variable -> variable.getName().equals("HERMES_DB_URL"))
        .forEach(variable -> variable.setValue(url()));
    pod.setContainers(List.of(container));
    pod.setInitContainers(List.of());
    Job job =
        new JobBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(Cluster.SYSTEM)
            .endMetadata()
            .withNewSpec()
            .withBackoffLimit(2)
            .withNewTemplate()
            .withNewMetadata()
            .addToLabels("hermes.dev/database-client", "true")
            .endMetadata()
            .withSpec(pod)
            .endTemplate()
            .endSpec()
            .build();
    jobs.resource(job).create();
    await("bootstrap of " + NAME)
        .atMost(Duration.ofSeconds(120))
        .until(() ->
            jobs.withName(NAME).get().getStatus().getSucceeded() != null
                && jobs.withName(NAME).get().getStatus().getSucceeded() == 1);
  }

  private static void secret(String name, String type, List<String> roles, String url) {
    var secret =
        new SecretBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(Cluster.SYSTEM)
            .endMetadata()
            .withType(type);
    if (url != null) {
      secret.addToStringData("url", url);
    }
    for (String role : roles) {
      secret.addToStringData(role, CLUSTER.secret(Cluster.SYSTEM, "hermes-db-roles", role));
    }
    CLUSTER.admin().resource(secret.build()).create();
  }

  private static int rows(String database, String table) throws Exception {
    try (var root = CLUSTER.sql("superuser", database)) {
      return Integer.parseInt(
          root.column(
                  "select count(*) from hermes." + table + " where tenant_id = ?::uuid",
                  tenant.id())
              .getFirst());
    }
  }

  /** How many pods of each migration Job of the tenant succeeded. */
  private static List<Integer> migrations() {
    return CLUSTER
        .admin()
        .batch()
        .v1()
        .jobs()
        .inNamespace(Cluster.SYSTEM)
        .withLabel("hermes.dev/tenant", tenant.name())
        .list()
        .getItems()
        .stream()
        .map(job -> Objects.requireNonNullElse(job.getStatus().getSucceeded(), 0))
        .toList();
  }

  @Test
  @DisplayName(
      "TEN-3 Dedicated: migrated by a Job, self-tested, and what users make is there alone")
  void dedicated() throws Exception {
    tenant.awaitReady();
    assertThat(tenant.tenant().getStatus().database().isolation())
        .isEqualTo(TenantSpec.Isolation.DEDICATED);
    // the operator asks the database, which is migrated a moment before the Job has ended
    await("the Job's end")
        .atMost(Duration.ofSeconds(30))
        .until(() -> migrations().equals(List.of(1)));

    assertThat(tenant.api().python("s", "print(6 * 7)")).contains("42");
    for (String table : List.of("messages", "usage_records", "execution_receipts", "audit_log")) {
      assertThat(rows(NAME, table)).as(table).isPositive();
      assertThat(rows("hermes", table)).as(table + " at home").isZero();
    }
    assertThat(rows("hermes", "sandbox_leases")).as("leases are the platform's").isPositive();
  }
}
