package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.Role;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Another manager applies our kinds from the server's side, as Argo CD does: forced, every time.
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class NoFightClusterIT {
  private static final String ARGO = "argocd-controller";
  private static final int RESYNCS = 10;
  private static final String LOOKS =
      "(?m)^hermes_reconcile_duration_seconds_count\\{kind=\"%s\"} (\\S+)";

  private static Cluster cluster;
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
  }

  @Test
  @DisplayName(
      "K8S-5 TEN-13 ten resyncs and ten applies by another manager: no diff, no write, one owner a field")
  void noFight() {
    List<HasMetadata> manifests =
        List.of(
            Cluster.policy("peace"),
            Cluster.tenant("peaceful", "peace"),
            Cluster.tenant("plain-peace"),
            Cluster.key("peace", "peaceful", List.of(Role.USER)));
    manifests.forEach(NoFightClusterIT::apply);
    try (OperatorProcess operator =
        cluster.operator(Map.of("HERMES_RESYNC_SECONDS", "1")).awaitReady()) {
      awaitSettled(manifests);
      List<String> versions = versions(manifests);
      for (String kind : List.of("Tenant", "SandboxPolicy", "APIKey")) {
        double before = looks(operator, kind);
        Cluster.eventually("resyncs of " + kind, () -> looks(operator, kind) >= before + RESYNCS);
      }
      for (int i = 0; i < RESYNCS; i++) {
        manifests.forEach(NoFightClusterIT::apply);
      }
      assertThat(versions(manifests)).isEqualTo(versions);
    }
    assertThat(manifests)
        .allSatisfy(manifest ->
            assertThat(live(manifest).getMetadata().getManagedFields())
                .filteredOn(entry -> !entry.getManager().equals(ARGO))
                .as("what the operator owns of a user's object")
                .allSatisfy(NoFightClusterIT::isOurs));
  }

  @Test
  @DisplayName(
      "control: an edit by hand is a diff, which the other manager's next apply takes back")
  void control() {
    HasMetadata manifest = Cluster.tenant("contested");
    apply(manifest);
    String version = live(manifest).getMetadata().getResourceVersion();
    kubernetes
        .resource(manifest)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"displayName\":\"by hand\"}}");
    apply(manifest);
    assertThat(live(manifest).getMetadata().getResourceVersion()).isNotEqualTo(version);
  }

  @Test
  @DisplayName(
      "K8S-10 a restart writes nothing; control: a self-test whose hour is over is written")
  void restart() {
    List<Tenant> tenants = List.of(Cluster.tenant("restart-a"), Cluster.tenant("restart-b"));
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      tenants.forEach(NoFightClusterIT::apply);
      tenants.forEach(cluster::awaitReady);
      awaitSettled(List.copyOf(tenants));
    }
    List<String> versions = versions(List.copyOf(tenants));
    try (OperatorProcess operator =
        cluster.operator(Map.of("HERMES_RESYNC_SECONDS", "1")).awaitReady()) {
      Cluster.eventually("looks", () -> looks(operator, "Tenant") >= RESYNCS * tenants.size());
      assertThat(versions(List.copyOf(tenants))).isEqualTo(versions);
    }

    Tenant old = cluster.tenant(tenants.getFirst());
    TenantStatus status = old.getStatus();
    String longAgo = Instant.parse(status.lastSelfTest().time()).minusSeconds(3_601).toString();
    old.setStatus(
        new TenantStatus(
            status.observedGeneration(),
            status.tenantId(),
            status.namespace(),
            status.database(),
            status.keys(),
            status.sandboxes(),
            new TenantStatus.SelfTest(longAgo, "Passed"),
            status.conditions()));
    old.getMetadata().setManagedFields(null);
    kubernetes.resource(old).patchStatus();
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Cluster.eventually(
          "tested again",
          () ->
              Instant.parse(cluster.tenant(old).getStatus().lastSelfTest().time())
                  .isAfter(Instant.parse(longAgo)));
    }
  }

  private static void apply(HasMetadata manifest) {
    kubernetes
        .resource(manifest)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(ARGO)
                .withForce(true)
                .build());
  }

  private static HasMetadata live(HasMetadata manifest) {
    return kubernetes.resource(manifest).get();
  }

  private static List<String> versions(List<HasMetadata> manifests) {
    return manifests.stream()
        .map(manifest -> live(manifest).getMetadata().getResourceVersion())
        .toList();
  }

  /** Nothing is written for three seconds, three looks of each controller. */
  private static void awaitSettled(List<HasMetadata> manifests) {
    AtomicReference<List<String>> last = new AtomicReference<>(List.of());
    Awaitility.await("settled")
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(40))
        .until(() -> {
          List<String> now = versions(manifests);
          return now.equals(last.getAndSet(now));
        });
  }

  private static double looks(OperatorProcess operator, String kind) {
    return Pattern.compile(LOOKS.formatted(kind))
        .matcher(operator.metrics())
        .results()
        .mapToDouble(found -> Double.parseDouble(found.group(1)))
        .sum();
  }

  /** Status and finalizer, nothing else. */
  private static void isOurs(ManagedFieldsEntry entry) {
    assertThat(entry.getFieldsV1().getAdditionalProperties().keySet())
        .as(entry.getManager())
        .isSubsetOf("f:metadata", "f:status");
    assertThat(entry.getFieldsV1().getAdditionalProperties().get("f:metadata"))
        .satisfiesAnyOf(
            metadata -> assertThat(metadata).isNull(),
            metadata ->
                assertThat((Map<String, Object>) metadata).containsOnlyKeys("f:finalizers"));
  }
}
