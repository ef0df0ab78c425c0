package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Suspension, deletion with Retain, and an operator that dies in the middle. */
class TenantLifeE2E {
  private static final Cluster CLUSTER = Cluster.get();

  @Test
  @DisplayName(
      "TEN-11 a suspended tenant loses access and sandboxes within seconds, and gets both back")
  void suspend() {
    try (var tenant = TestTenant.ready("suspend")) {
      var api = tenant.api();
      api.get("/v1/models").expect(200);
      patch(tenant, "{\"spec\":{\"suspended\":true}}");
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> api.chat("", "hi").status() >= 401 && tenant.sandboxes().isEmpty());
      patch(tenant, "{\"spec\":{\"suspended\":false}}");
      tenant.awaitReady();
      await().atMost(Duration.ofSeconds(10)).until(() -> api.chat("", "hi").status() == 200);
    }
  }

  @Test
  @DisplayName(
      "TEN-10 deletion: keys refused, namespace gone, a deletion row, data kept; the same name is a new tenant")
  void deleteRetains() throws Exception {
    var tenant = TestTenant.ready("doomed");
    try (tenant;
        var root = CLUSTER.sql("superuser")) {
      var api = tenant.api();
      var id = tenant.id();
      var namespace = tenant.namespace();
      var session = "s-" + UUID.randomUUID();
      api.python(session, "print(1)");
      CLUSTER.admin().resources(Tenant.class).withName(tenant.name()).delete();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> CLUSTER.admin().resources(Tenant.class).withName(tenant.name()).get() == null);
      await().atMost(Duration.ofSeconds(2)).until(() -> api.get("/v1/me").status() == 401);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> CLUSTER.admin().namespaces().withName(namespace).get() == null);
      assertThat(
              root.column(
                  "select policy from hermes.tenant_deletions where tenant_id = ?::uuid", id))
          .containsExactly("Retain");
      assertThat(
              root.column("select session_id from hermes.sessions where tenant_id = ?::uuid", id))
          .containsExactly(session);
      var again = new Tenant();
      again.setMetadata(new ObjectMetaBuilder().withName(tenant.name()).build());
      again.setSpec(TenantSpec.defaults());
      CLUSTER.admin().resource(again).create();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              tenant.tenant().getStatus() != null
                  && tenant.tenant().getStatus().tenantId() != null);
      assertThat(tenant.id()).isNotEqualTo(id);
      patch(tenant, "{\"spec\":{\"deletion\":{\"protected\":false}}}");
    }
  }

  @Test
  @DisplayName(
      "K8S-8 restore: deleted, adopted by a new Tenant, and what the old session did is read with a new key")
  void restore() {
    var tenant = TestTenant.ready("restored");
    try (tenant) {
      var old = tenant.api();
      var id = tenant.id();
      var session = "s-" + UUID.randomUUID();
      old.python(session, "print(1)");
      var spec = tenant.tenant().getSpec();
      CLUSTER.admin().resources(Tenant.class).withName(tenant.name()).delete();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> CLUSTER.admin().resources(Tenant.class).withName(tenant.name()).get() == null);

      var again = new Tenant();
      again.setMetadata(new ObjectMetaBuilder().withName(tenant.name()).build());
      again.setSpec(spec.adopting(id));
      CLUSTER.admin().resource(again).create();
      tenant.key("again", List.of(Role.ADMIN), List.of(Scope.READ, Scope.EXECUTE, Scope.AUDIT));
      tenant.awaitKey("again");

      assertThat(tenant.id()).isEqualTo(id);
      old.get("/v1/me").expect(401);
      var receipts =
          tenant.api("again").get("/v1/execution-receipts?session=" + session).expect(200);
      assertThat(receipts.json().at("/data/0/session_id").asText()).isEqualTo(session);
      tenant.api("again").chat("", "hi").expect(200);
    }
  }

  @Test
  @DisplayName(
      "K8S-4 the operator is killed while it makes a tenant; the other one finishes, nothing is doubled")
  void operatorKilled() throws Exception {
    try (var tenant = TestTenant.apply("crash");
        var root = CLUSTER.sql("superuser")) {
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !tenant.tenant().getFinalizers().isEmpty());
      for (var pod : CLUSTER.pods("operator")) {
        CLUSTER.admin().pods().resource(pod).withGracePeriod(0).delete();
      }
      tenant.awaitReady();
      var uid = tenant.tenant().getMetadata().getUid();
      assertThat(root.column("select tenant_id::text from hermes.tenants where cr_uid = ?", uid))
          .containsExactly(tenant.id());
      assertThat(
              root.column(
                  "select kid from authn.key_digests where tenant_id = ?::uuid and revoked_at is null",
                  tenant.id()))
          .hasSize(1);
      assertThat(
              CLUSTER
                  .admin()
                  .namespaces()
                  .withLabel("hermes.dev/tenant", tenant.name())
                  .list()
                  .getItems())
          .hasSize(1);
      tenant.api().chat("", "hi").expect(200);
    }
  }

  private static void patch(TestTenant tenant, String patch) {
    CLUSTER
        .admin()
        .resources(Tenant.class)
        .withName(tenant.name())
        .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }
}
