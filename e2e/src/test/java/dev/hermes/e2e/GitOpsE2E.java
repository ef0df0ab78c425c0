package dev.hermes.e2e;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Names;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.apikey.ApiKeySpec;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The states that a GitOps tool has to tell apart, made on the running cluster and recorded; the Go
 * tests of gitops/check then ask Argo CD's health engine and kstatus about each.
 */
class GitOpsE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
  private static final String HOLD = "example.org/hold";
  private static TestTenant tenant;
  private static Recording recording;

  @BeforeAll
  static void tenant() throws IOException {
    tenant = TestTenant.ready("gitops");
    recording = new Recording(tenant.name());
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  @Test
  @DisplayName("K8S-5 a Tenant that is new, ready, changed, waiting, stalled and being deleted")
  void tenants() throws Exception {
    recording.record("tenant-new", dryRun(plain("new")));
    recording.record("tenant-ready", tenant.tenant());
    recording.record(
        "tenant-changed",
        CLUSTER
            .admin()
            .resources(Tenant.class)
            .withName(tenant.name())
            .dryRun()
            .patch(MERGE, "{\"spec\":{\"displayName\":\"renamed\"}}"));
    try (var waiting = temporary(plain("waiting"))) {
      waiting.patch("{\"spec\":{\"sandbox\":{\"policies\":[\"no-such-policy\"]}}}");
      recording.record("tenant-waiting", waiting.await("waiting", because("PolicyMissing")));
    }
    try (var stalled = temporary(plain("stalled"));
        var root = CLUSTER.sql("superuser")) {
      var id = requireNonNull(stalled.await("ready", holds("Ready")).getStatus()).tenantId();
      root.column("delete from hermes.tenants where tenant_id = ?::uuid returning name", id);
      stalled.patch("{\"spec\":{\"displayName\":\"look again\"}}");
      recording.record("tenant-stalled", stalled.await("stalled", holds("Stalled")));
    }
    try (var deleting = temporary(plain("deleting"))) {
      deleting.await("ready", holds("Ready"));
      deleting.patch(finalizers(HOLD, Names.TENANT_FINALIZER));
      deleting.resource().delete();
      recording.record("tenant-deleting", deleting.live());
      await("our part is done")
          .until(() -> deleting.live().getMetadata().getFinalizers().equals(List.of(HOLD)));
      deleting.patch(finalizers());
    }
  }

  @Test
  @DisplayName("K8S-5 a SandboxPolicy that is new, ready, and stalled for two reasons")
  void policies() throws Exception {
    recording.record("sandboxpolicy-new", dryRun(policy("new", "gvisor", null)));
    var ready = CLUSTER.admin().resources(SandboxPolicy.class).withName(tenant.name());
    await("its walls are proven")
        .atMost(CanaryE2E.PATIENCE)
        .until(() -> CanaryE2E.of(ready.require(), "LimitsEnforced").equals("True/Proven"));
    recording.record("sandboxpolicy-ready", ready.require());
    try (var policy = temporary(policy("no-runtime", "no-such-runtime", null))) {
      recording.record("sandboxpolicy-no-runtime", policy.await("stalled", holds("Stalled")));
    }
    try (var policy = temporary(policy("no-digest", "gvisor", "example.org/image:latest"))) {
      recording.record("sandboxpolicy-no-digest", policy.await("stalled", holds("Stalled")));
    }
  }

  @Test
  @DisplayName("K8S-5 an APIKey that is new, ready, waiting, refused, undelivered and expired")
  void keys() throws Exception {
    recording.record("apikey-new", dryRun(key("new", tenant.name(), Role.USER)));
    recording.record("apikey-ready", tenant.apiKey("app"));
    try (var key = temporary(key("no-tenant", "no-such-tenant", Role.USER))) {
      recording.record("apikey-no-tenant", key.await("waiting", holds("Reconciling")));
    }
    try (var key = temporary(key("role-refused", tenant.name(), Role.AUDITOR))) {
      recording.record("apikey-role-refused", key.await("stalled", holds("Stalled")));
    }
    CLUSTER.admin().resource(foreignSecret("taken-hermes")).create();
    try (var key = temporary(key("taken", tenant.name(), Role.USER))) {
      recording.record("apikey-secret-taken", key.await("stalled", holds("Stalled")));
    }
    try (var key = temporary(key("missing", tenant.name(), Role.USER))) {
      key.await("ready", holds("Ready"));
      CLUSTER.admin().secrets().inNamespace(tenant.apps()).withName("missing-hermes").delete();
      key.patch("{\"spec\":{\"scopes\":[\"read\",\"write\"]}}");
      recording.record("apikey-secret-missing", key.await("stalled", holds("Stalled")));
    }
    try (var key = temporary(key("expired", tenant.name(), Role.USER));
        var root = CLUSTER.sql("superuser")) {
      var keyId = requireNonNull(key.await("ready", holds("Ready")).getStatus()).keyId();
      root.column(
          "update authn.key_digests set expires_at = now() - interval '1 s' where kid = ? returning kid",
          keyId);
      key.patch("{\"spec\":{\"scopes\":[\"read\",\"write\"]}}");
      recording.record("apikey-expired", key.await("expired", holds("Revoked")));
    }
  }

  @Test
  @DisplayName("K8S-5 a suspended Tenant and its key")
  void suspended() throws Exception {
    try (var other = TestTenant.ready("gitops-susp")) {
      var names = new Recording(other.name());
      CLUSTER
          .admin()
          .resources(Tenant.class)
          .withName(other.name())
          .patch(MERGE, "{\"spec\":{\"suspended\":true}}");
      var live = new Temporary<>(resource(other.tenant()), GitOpsE2E::conditions);
      names.record("tenant-suspended", live.await("suspended", holds("Suspended")));
      var key = new Temporary<>(resource(other.apiKey("app")), GitOpsE2E::conditions);
      names.record("apikey-tenant-suspended", key.await("not ready", holds("Ready").negate()));
    }
  }

  private static Predicate<List<Condition>> holds(String type) {
    return all ->
        all.stream().anyMatch(c -> c.getType().equals(type) && c.getStatus().equals("True"));
  }

  /** Ready is false for this reason; on the way there it has others. */
  private static Predicate<List<Condition>> because(String reason) {
    return all ->
        all.stream().anyMatch(c -> c.getType().equals("Ready") && c.getReason().equals(reason));
  }

  private static <T extends HasMetadata> T dryRun(T object) {
    return CLUSTER.admin().resource(object).dryRun().create();
  }

  private static <T extends HasMetadata> Temporary<T> temporary(T object) {
    return Temporary.create(object, GitOpsE2E::conditions);
  }

  private static <T extends HasMetadata> io.fabric8.kubernetes.client.dsl.Resource<T> resource(
      T object) {
    return CLUSTER.admin().resource(object);
  }

  private static List<Condition> conditions(HasMetadata object) {
    return switch (object) {
      case Tenant t when t.getStatus() != null -> t.getStatus().conditions();
      case SandboxPolicy p when p.getStatus() != null -> p.getStatus().conditions();
      case ApiKey k when k.getStatus() != null -> k.getStatus().conditions();
      default -> List.of();
    };
  }

  private static Tenant plain(String suffix) {
    var object = new Tenant();
    object.setMetadata(new ObjectMetaBuilder().withName(tenant.name() + "-" + suffix).build());
    object.setSpec(
        TenantSpec.defaults()
            .withDeletion(new TenantSpec.Deletion(TenantSpec.DeletionPolicy.RETAIN, 30, false)));
    return object;
  }

  private static SandboxPolicy policy(String suffix, String runtimeClass, String image) {
    var d = SandboxPolicySpec.defaults();
    var object = new SandboxPolicy();
    object.setMetadata(new ObjectMetaBuilder().withName(tenant.name() + "-" + suffix).build());
    object.setSpec(
        new SandboxPolicySpec(
            runtimeClass,
            image,
            d.tools(),
            d.resources(),
            d.limits(),
            d.pool(),
            d.network(),
            Backend.Pod));
    return object;
  }

  private static ApiKey key(String name, String tenantName, Role role) {
    var object = new ApiKey();
    object.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(tenant.apps()).build());
    object.setSpec(
        new ApiKeySpec(
            new ApiKeySpec.TenantRef(tenantName),
            List.of(role),
            List.of(Scope.READ),
            ApiKeySpec.Delivery.secret(null),
            30,
            null));
    return object;
  }

  private static HasMetadata foreignSecret(String name) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(tenant.apps())
        .endMetadata()
        .addToStringData("somebody", "else's")
        .build();
  }

  private static String finalizers(String... names) {
    return Stream.of(names)
        .map(name -> '"' + name + '"')
        .collect(Collectors.joining(",", "{\"metadata\":{\"finalizers\":[", "]}}"));
  }
}
