package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.ConditionType;
import dev.hermes.crds.Names;
import dev.hermes.crds.Role;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A tenant's data outlives its object, and comes back only to whom it may. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class AdoptClusterIT {
  private static final String OTHER_CLUSTER = "11111111-2222-4333-8444-555555555555";

  private static Cluster cluster;
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void start() {
    cluster = Cluster.get();
    kubernetes = cluster.kubernetes();
  }

  private static Tenant ready(Tenant tenant) {
    Tenant created = kubernetes.resource(tenant).create();
    cluster.awaitReady(created);
    return cluster.tenant(created);
  }

  private static String id(Tenant tenant) {
    return cluster.tenant(tenant).getStatus().tenantId();
  }

  private static void session(String id) {
    cluster.execute(
        "insert into hermes.sessions (tenant_id, session_id, user_id) values ('"
            + id
            + "', 's', 'u')");
  }

  private static String sessions(String id) {
    return cluster.sql("select count(*) from hermes.sessions where tenant_id = ?::uuid", id);
  }

  @Test
  @DisplayName(
      "K8S-8 restore: the same id and data under a new object; old keys stay revoked, new ones work")
  void restore() {
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Tenant tenant = ready(Cluster.tenant("restore"));
      String id = id(tenant);
      session(id);
      ApiKey old =
          kubernetes.resource(Cluster.key("restore-old", "restore", List.of(Role.USER))).create();
      cluster.awaitReady(old);
      cluster.delete(tenant);

      Tenant stranger = ready(Cluster.tenant("restore"));
      assertThat(id(stranger)).as("the same name alone is another tenant").isNotEqualTo(id);
      assertThat(sessions(id(stranger))).isEqualTo("0");
      cluster.delete(stranger);

      Tenant restored = ready(Cluster.adopting("restore", id));
      assertThat(id(restored)).isEqualTo(id);
      assertThat(sessions(id)).isEqualTo("1");
      assertThat(
              cluster.sql(
                  "select restored_by from hermes.tenant_deletions where tenant_id = ?::uuid", id))
          .isEqualTo(restored.getMetadata().getUid());
      cluster.awaitReason(old, ConditionType.Ready, "KeyRevoked");
      ApiKey fresh =
          kubernetes.resource(Cluster.key("restore-new", "restore", List.of(Role.USER))).create();
      cluster.awaitReady(fresh);
      assertThat(cluster.sql("select state from hermes.tenants where tenant_id = ?::uuid", id))
          .isEqualTo("active");
    }
  }

  @Test
  @DisplayName(
      "K8S-8 what lives, is unknown or is not this one's to change is not adopted, with a reason")
  void refusals() {
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Tenant living = ready(Cluster.tenant("living"));
      String id = id(living);

      Tenant thief = kubernetes.resource(Cluster.adopting("thief", id)).create();
      cluster.awaitReason(thief, ConditionType.DatabaseReady, "AdoptLive");
      cluster.awaitReason(thief, ConditionType.Stalled, "AdoptLive");
      assertThat(cluster.message(thief, ConditionType.DatabaseReady)).doesNotContain("living");
      assertThat(cluster.tenant(thief).getStatus().tenantId()).isNull();
      Tenant nobody =
          kubernetes.resource(Cluster.adopting("nobody", UUID.randomUUID().toString())).create();
      cluster.awaitReason(nobody, ConditionType.DatabaseReady, "AdoptUnknown");

      assertThatThrownBy(() -> cluster.patch(thief, adopt(UUID.randomUUID().toString())))
          .hasMessageContaining("adopt cannot be changed");
      assertThatThrownBy(() -> cluster.patch(thief, "{\"spec\":{\"adopt\":null}}"))
          .hasMessageContaining("adopt cannot be changed");
      assertThatThrownBy(() -> cluster.patch(living, adopt(UUID.randomUUID().toString())))
          .hasMessageContaining("make a new Tenant");

      cluster.delete(living);
      cluster.awaitReady(thief);
      assertThat(id(thief)).as("free since, and looked at again").isEqualTo(id);
      cluster.delete(nobody);
    }
  }

  @Test
  @DisplayName(
      "K8S-8 a rebuilt cluster: the same resources with adopt have the old data, once the platform says so")
  void rebuiltCluster() {
    kubernetes.resource(Cluster.policy("rebuilt")).create();
    Tenant lost;
    String id;
    String namespace;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      lost = kubernetes.resource(Cluster.tenant("rebuilt", "rebuilt")).create();
      cluster.awaitReason(lost, ConditionType.NamespaceReady, "Provisioned");
      id = id(lost);
      namespace = cluster.tenant(lost).getStatus().namespace();
      session(id);
    }
    cluster.lose(lost);
    cluster.execute(
        "update hermes.tenants set cluster_uid = '"
            + OTHER_CLUSTER
            + "' where tenant_id = '"
            + id
            + "'");
    Tenant again = kubernetes.resource(Cluster.adopting("rebuilt", id, "rebuilt")).create();

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReason(again, ConditionType.DatabaseReady, "AdoptElsewhere");
      assertThat(cluster.message(again, ConditionType.DatabaseReady))
          .contains(OTHER_CLUSTER, "operator.takesOver");
      assertThat(cluster.sql("select cr_uid from hermes.tenants where tenant_id = ?::uuid", id))
          .isEqualTo(lost.getMetadata().getUid());
    }
    try (OperatorProcess operator =
        cluster.operator(Map.of("HERMES_TAKES_OVER", OTHER_CLUSTER)).awaitReady()) {
      cluster.awaitReason(again, ConditionType.NamespaceReady, "Provisioned");
      cluster.awaitReason(again, ConditionType.IsolationVerified, "Passed");
      assertThat(id(again)).isEqualTo(id);
      assertThat(sessions(id)).isEqualTo("1");
      assertThat(cluster.tenant(again).getStatus().namespace()).isEqualTo(namespace);
      assertThat(kubernetes.namespaces().withName(namespace).get().getMetadata().getLabels())
          .as("the lost object's namespace made way for a new one")
          .containsEntry(Names.OWNER_UID, again.getMetadata().getUid());
      cluster.delete(again);
    }
  }

  @Test
  @DisplayName(
      "K8S-8 an object lost in this cluster is adopted by another; the old row's keys are revoked")
  void lostHere() {
    Tenant lost;
    String id;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      lost = ready(Cluster.tenant("lost-here"));
      id = id(lost);
      cluster.awaitReady(
          kubernetes.resource(Cluster.key("lost-here", "lost-here", List.of(Role.USER))).create());
    }
    cluster.lose(lost);
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      Tenant adopter = ready(Cluster.adopting("found", id));
      assertThat(id(adopter)).isEqualTo(id);
      assertThat(
              cluster.sql(
                  "select count(*) from authn.key_digests where tenant_id = ?::uuid and revoked_at is null",
                  id))
          .isEqualTo("0");
    }
  }

  @Test
  @DisplayName(
      "K8S-8 a status restored by a backup tool is no claim: DataMissing until adopt is set")
  void restoredStatus() {
    Tenant tenant;
    String id;
    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      tenant = ready(Cluster.tenant("velero"));
      id = id(tenant);
      session(id);
      cluster.delete(tenant);
    }
    Tenant copy = kubernetes.resource(Cluster.tenant("velero")).create();
    copy.setStatus(new TenantStatus(1L, id, null, null, null, null, null, List.of()));
    copy.getMetadata().setResourceVersion(null);
    kubernetes.resource(copy).patchStatus();

    try (OperatorProcess operator = cluster.operator().awaitReady()) {
      cluster.awaitReason(copy, ConditionType.DatabaseReady, "DataMissing");
      assertThat(cluster.message(copy, ConditionType.DatabaseReady))
          .contains("spec.adopt.tenantId");
      cluster.patch(copy, adopt(id));
      cluster.awaitReady(copy);
      assertThat(id(copy)).isEqualTo(id);
      assertThat(sessions(id)).isEqualTo("1");
    }
  }

  private static String adopt(String id) {
    return "{\"spec\":{\"adopt\":{\"tenantId\":\"" + id + "\"}}}";
  }
}
