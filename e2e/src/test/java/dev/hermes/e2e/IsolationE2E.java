package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Two tenants that cannot see each other; every wall with the control that shows the test would
 * notice.
 */
class IsolationE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static TestTenant alice;
  private static TestTenant bob;

  @BeforeAll
  static void twoTenants() {
    alice = TestTenant.apply("alice");
    bob = TestTenant.apply("bob");
    alice.awaitReady();
    bob.awaitReady();
  }

  @AfterAll
  static void cleanUp() {
    alice.close();
    bob.close();
  }

  @Test
  @DisplayName(
      "TEN-1 TEN-9 API: the same session id is another session; receipts and usage are each tenant's own")
  void api() {
    var session = "shared-" + UUID.randomUUID();
    var canary = "canary-" + UUID.randomUUID();
    assertThat(alice.api().python(session, "secret = '" + canary + "'; print(secret)"))
        .contains(canary);
    assertThat(alice.api().python(session, "print(secret)"))
        .as("control: alice's own session")
        .contains(canary);
    assertThat(bob.api().python(session, "print(globals().get('secret'))"))
        .contains("None")
        .doesNotContain(canary);
    assertThat(alice.api().get("/v1/execution-receipts").expect(200).json().get("data").size())
        .isGreaterThanOrEqualTo(2);
    for (var receipt : bob.api().get("/v1/execution-receipts").expect(200).json().get("data")) {
      assertThat(receipt.toString()).doesNotContain(alice.id()).doesNotContain(alice.namespace());
    }
    assertThat(bob.api().get("/v1/usage").expect(200).body()).doesNotContain(alice.id());
  }

  @Test
  @DisplayName("TEN-6 a tenant named in a header, body or query has no effect")
  void tenantSpoofing() {
    var body =
        "{\"model\":\"demo\",\"tenant_id\":\""
            + alice.id()
            + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    bob.api()
        .post(
            "/v1/chat/completions?tenant_id=" + alice.id(),
            body,
            "X-Tenant-Id",
            alice.id(),
            "X-Hermes-Tenant",
            alice.id())
        .expect(200);
    assertThat(bob.api().get("/v1/me?tenant_id=" + alice.id()).expect(200).body())
        .contains(bob.id())
        .doesNotContain(alice.id());
  }

  @Test
  @DisplayName(
      "TEN-2 TEN-5 SQL as hermes_app: no context sees nothing, bob's context sees only bob")
  void sql() throws Exception {
    alice.api().python("", "print(1)");
    bob.api().python("", "print(1)");
    try (var app = CLUSTER.sql("app");
        var root = CLUSTER.sql("superuser")) {
      for (var table :
          List.of("tenants", "execution_receipts", "usage_records", "sandbox_leases")) {
        var all = "select distinct tenant_id::text from hermes." + table;
        assertThat(app.column(all)).as(table + " without context").isEmpty();
        assertThat(root.column(all))
            .as("control: " + table + " as superuser")
            .contains(alice.id(), bob.id());
        app.connection().setAutoCommit(false);
        app.column("select set_config('app.current_tenant', ?, true)", bob.id());
        assertThat(app.column(all)).as(table + " in bob's context").containsExactly(bob.id());
        app.connection().rollback();
        app.connection().setAutoCommit(true);
      }
      assertThat(app.connection().createStatement()).isNotNull();
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> app.column("select kid from authn.key_digests"))
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  @DisplayName(
      "SBX-5 network: a sandbox reaches nobody; an unrestricted pod reaches the same addresses")
  void network() throws Exception {
    try (var free = ProbePod.start(alice.apps(), "free", Map.of());
        var server = ProbePod.start(alice.apps(), "server", Map.of())) {
      var targets = new LinkedHashMap<String, Map.Entry<String, Integer>>();
      var kubernetes =
          CLUSTER
              .admin()
              .services()
              .inNamespace("default")
              .withName("kubernetes")
              .require()
              .getSpec()
              .getClusterIP();
      var canary =
          CLUSTER
              .admin()
              .services()
              .inNamespace(Cluster.SYSTEM)
              .withName("hermes-netcanary")
              .require()
              .getSpec()
              .getClusterIP();
      var api = CLUSTER.pods("control-api").getFirst().getStatus();
      targets.put("API server", Map.entry(kubernetes, 443));
      targets.put("kubelet", Map.entry(api.getHostIP(), 10250));
      targets.put("metadata address", Map.entry("169.254.169.254", 80));
      targets.put("canary Service", Map.entry(canary, 8080));
      targets.put("control API", Map.entry(api.getPodIP(), 8080));
      targets.put("another pod", Map.entry(server.ip(), ProbePod.PORT));
      for (var target : targets.entrySet()) {
        var host = target.getValue().getKey();
        int port = target.getValue().getValue();
        assertThat(free.reach(host, port))
            .as("control: " + target.getKey() + " from an unrestricted pod")
            .isEqualTo(Reach.REACHED);
        assertThat(alice.api().python("net", Reach.code(host, port)))
            .as(target.getKey() + " from a sandbox")
            .contains("refused")
            .doesNotContain(Reach.REACHED);
      }
      // in: only the API reaches a sandbox's daemon; not even an unrestricted pod does. The control
      // is every chat above.
      var daemon = bob.sandboxes().getFirst().getStatus().getPodIP();
      assertThat(free.reach(daemon, 49983)).contains("refused");
      assertThat(alice.api().python("net", Reach.code(daemon, 49983))).contains("refused");
      assertThat(
              alice
                  .api()
                  .python(
                      "net",
                      "import socket\ntry:\n    print(socket.gethostbyname('kubernetes.default.svc'))\nexcept OSError as e:\n    print('no name', e)"))
          .contains("no name");
    }
  }

  @Test
  @DisplayName("SEC between our own parts: PostgreSQL answers database clients only")
  void databaseNetwork() throws Exception {
    var database = CLUSTER.pods("postgresql").getFirst().getStatus().getPodIP();
    try (var stranger = ProbePod.start(Cluster.SYSTEM, "e2e-stranger", Map.of());
        var client =
            ProbePod.start(
                Cluster.SYSTEM, "e2e-client", Map.of("hermes.dev/database-client", "true"))) {
      assertThat(stranger.reach(database, 5432)).contains("refused");
      assertThat(client.reach(database, 5432)).as("control").isEqualTo(Reach.REACHED);
    }
  }

  @Test
  @DisplayName(
      "SBX-7 Kubernetes: no token in a sandbox; the API's account reads no Secret and no custom resource")
  void kubernetes() {
    assertThat(
            alice
                .api()
                .python(
                    "",
                    "import os; print(os.path.exists('/var/run/secrets/kubernetes.io'), [k for k in os.environ if 'KUBERNETES' in k or 'HERMES' in k])"))
        .contains("False []");
    try (var api = CLUSTER.as("hermes-api")) {
      assertThat(may(api, "", "pods", "list", alice.namespace())).as("control").isTrue();
      assertThat(may(api, "", "secrets", "get", alice.namespace())).isFalse();
      assertThat(may(api, "", "secrets", "get", Cluster.SYSTEM)).isFalse();
      assertThat(may(api, "", "pods", "create", "default")).isFalse();
      assertThat(may(api, "", "pods/exec", "create", alice.namespace())).isFalse();
      assertThat(may(api, "hermes.dev", "tenants", "get", "")).isFalse();
    }
    try (var operator = CLUSTER.as("hermes-operator")) {
      assertThat(may(operator, "", "secrets", "get", alice.apps()))
          .as("control: a listed namespace")
          .isTrue();
      assertThat(may(operator, "", "secrets", "get", Cluster.SYSTEM)).isFalse();
      assertThat(may(operator, "", "secrets", "get", "kube-system")).isFalse();
    }
  }

  private static boolean may(
      KubernetesClient client, String group, String resource, String verb, String namespace) {
    var parts = resource.split("/", 2);
    var review =
        new SelfSubjectAccessReviewBuilder()
            .withNewSpec()
            .withNewResourceAttributes()
            .withGroup(group)
            .withResource(parts[0])
            .withSubresource(parts.length > 1 ? parts[1] : null)
            .withVerb(verb)
            .withNamespace(namespace)
            .endResourceAttributes()
            .endSpec()
            .build();
    return client
        .authorization()
        .v1()
        .selfSubjectAccessReview()
        .create(review)
        .getStatus()
        .getAllowed();
  }
}
