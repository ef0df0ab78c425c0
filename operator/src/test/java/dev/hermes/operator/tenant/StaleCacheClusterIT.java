package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.crds.effective.EffectiveTenant;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.access.Pools;
import dev.hermes.database.id.UuidV7;
import dev.hermes.operator.cluster.Cluster;
import dev.hermes.operator.dedicated.DedicatedDatabases;
import dev.hermes.operator.dedicated.DedicatedStep;
import dev.hermes.operator.dedicated.MigrationSettings;
import dev.hermes.operator.kube.Halt;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.pool.PodWatch;
import dev.hermes.operator.pool.PoolController;
import dev.hermes.operator.provision.DatabaseIdentity;
import dev.hermes.operator.provision.Fenced;
import dev.hermes.operator.provision.Leases;
import dev.hermes.operator.provision.TenantRow;
import dev.hermes.operator.provision.TenantRows;
import dev.hermes.operator.provision.TenantSchemas;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What a late cache says of a deletion destroys nothing. One operator lost a living cluster to the
 * deletionTimestamp of an older object of the same name (Sieve, OSDI 2022).
 */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class StaleCacheClusterIT {
  private static Cluster cluster;
  private static KubernetesClient kubernetes;
  private static HikariDataSource provisioner;
  private static TenantRows rows;
  private static TenantDeletion deletion;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
    provisioner =
        Pools.autoCommit(
            cluster.database().url(),
            "hermes_provisioner",
            cluster.database().passwordDir().resolve("provisioner"),
            2,
            "stale-cache");
    Fenced fenced = new Fenced(provisioner, () -> 0, () -> {});
    rows = new TenantRows(fenced, "here");
    Clock clock = Clock.systemUTC();
    deletion =
        new TenantDeletion(
            kubernetes,
            rows,
            Plans.none(),
            new DedicatedStep(
                kubernetes,
                new DedicatedDatabases(kubernetes, "hermes-system", false, () -> 0, "here"),
                new MigrationSettings("hermes-system", "", "IfNotPresent", Set.of()),
                () -> DatabaseIdentity.of(provisioner),
                clock),
            new PoolController(
                kubernetes,
                new PodWatch(kubernetes),
                new Leases(fenced),
                () -> false,
                () -> "",
                clock),
            new SchemaStep(
                new TenantSchemas(fenced),
                new LoginSecrets(kubernetes, "hermes-system-logins", cluster.database().url()),
                Halt.at(Optional.empty())),
            Halt.at(Optional.empty()),
            clock);
  }

  @AfterAll
  static void stop() {
    provisioner.close();
  }

  private static Tenant create() {
    Tenant tenant = new Tenant();
    tenant.setMetadata(new ObjectMetaBuilder().withName("stale").build());
    tenant.setSpec(TenantSpec.defaults());
    return kubernetes.resource(tenant).create();
  }

  private static UUID row(Tenant tenant) {
    UUID id = UuidV7.next();
    EffectiveTenant effective =
        DatabaseStep.effective(tenant, id, Plans.none(), Optional.empty(), List.of());
    return rows.upsert(new TenantRow(tenant.getMetadata().getUid(), id, effective));
  }

  private static String state(UUID id) {
    return cluster.sql("select state from hermes.tenants where tenant_id = ?", id);
  }

  @Test
  @DisplayName("K8S-8 an old deletionTimestamp of the same name, seen late, ends no living tenant")
  void oldTimestamp() {
    Tenant former = create();
    UUID formerId = row(former);
    former.getMetadata().setDeletionTimestamp("2026-08-01T12:00:00Z");
    kubernetes.resources(Tenant.class).withName("stale").delete();
    Tenant living = create();
    UUID livingId = row(living);

    assertThat(deletion.run(former)).isInstanceOf(TenantDeletion.Progress.NotThere.class);
    Tenant mixed = kubernetes.getKubernetesSerialization().clone(living);
    mixed.getMetadata().setDeletionTimestamp("2026-08-01T12:00:00Z");
    assertThat(deletion.run(mixed))
        .as("the cache says deleted, the API server does not")
        .isInstanceOf(TenantDeletion.Progress.Wait.class);

    assertThat(state(livingId)).isEqualTo("active");
    assertThat(state(formerId)).as("not found never deletes").isEqualTo("active");

    kubernetes
        .resource(living)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"finalizers\":[\"hermes.dev/tenant\"]}}");
    kubernetes.resources(Tenant.class).withName("stale").delete();
    assertThat(deletion.run(living))
        .as("control: deleted for real, though the cache does not know")
        .isInstanceOf(TenantDeletion.Progress.Done.class);
    assertThat(state(livingId)).isEqualTo("deleted");
    kubernetes
        .resource(living)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
  }
}
