package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The life of a key: issued within its ceiling, refused at once everywhere when it is gone. */
class KeyE2E {
  private static final Cluster CLUSTER = Cluster.get();
  private static TestTenant tenant;

  @BeforeAll
  static void tenant() {
    tenant = TestTenant.ready("keys");
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  @Test
  @DisplayName("IAM-5 a deleted key is refused within 2 s on every replica")
  void revokedEverywhere() throws Exception {
    tenant.key("gone", List.of(Role.USER), List.of(Scope.READ));
    tenant.awaitKey("gone");
    var key = tenant.api("gone");
    var other = tenant.api();
    var replicas = CLUSTER.pods("control-api");
    assertThat(replicas).hasSizeGreaterThanOrEqualTo(2);
    var forwards = new ArrayList<LocalPortForward>();
    try {
      for (var pod : replicas) {
        forwards.add(CLUSTER.forward(pod, 8080));
      }
      for (var forward : forwards) {
        key.at(url(forward)).get("/v1/me").expect(200);
      }
      CLUSTER
          .admin()
          .resources(dev.hermes.crds.apikey.ApiKey.class)
          .inNamespace(tenant.apps())
          .withName("gone")
          .delete();
      await()
          .atMost(Duration.ofSeconds(5))
          .until(() ->
              CLUSTER
                      .admin()
                      .resources(dev.hermes.crds.apikey.ApiKey.class)
                      .inNamespace(tenant.apps())
                      .withName("gone")
                      .get()
                  == null);
      // the finalizer has revoked the key by now; 2 s later no replica may accept it
      await()
          .atMost(Duration.ofSeconds(2))
          .pollInterval(Duration.ofMillis(100))
          .until(
              () -> forwards.stream().allMatch(f -> key.at(url(f)).get("/v1/me").status() == 401));
      for (var forward : forwards) {
        other.at(url(forward)).get("/v1/me").expect(200); // control: only that key
      }
    } finally {
      for (var forward : forwards) {
        forward.close();
      }
    }
  }

  private static String url(LocalPortForward forward) {
    return "http://127.0.0.1:" + forward.getLocalPort();
  }

  @Test
  @DisplayName(
      "IAM-12 a role beyond the namespace's ceiling is not issued, and the condition says so")
  void ceiling() {
    tenant.key("owner", List.of(Role.OWNER), List.of(Scope.READ));
    tenant.key("gdpr", List.of(Role.USER), List.of(Scope.GDPR));
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          assertThat(reason("owner")).isEqualTo("RoleNotAllowed");
          assertThat(reason("gdpr")).isEqualTo("ScopeNotAllowed");
        });
    assertThat(CLUSTER.admin().secrets().inNamespace(tenant.apps()).withName("owner-hermes").get())
        .isNull();
  }

  private static String reason(String key) {
    var status = tenant.apiKey(key).getStatus();
    return status == null
        ? ""
        : status.conditions().stream()
            .filter(c -> c.getType().equals("Issued"))
            .map(c -> c.getReason())
            .findFirst()
            .orElse("");
  }

  @Test
  @DisplayName("IAM-11 a key with scope read neither chats nor runs tools")
  void scopes() {
    tenant.key("reader", List.of(Role.USER), List.of(Scope.READ));
    tenant.awaitKey("reader");
    tenant.api("reader").get("/v1/usage").expect(200);
    tenant.api("reader").chat("", "hello").expect(403);
  }

  @Test
  @DisplayName("IAM-3 the raw key is in its Secret and nowhere else")
  void rawKeyNowhere() throws Exception {
    var raw = tenant.api().key();
    var secretPart = raw.substring(20);
    tenant.api().get("/v1/me").expect(200);
    tenant.api().chat("", "my key is in the header").expect(200);
    var found = new ArrayList<String>();
    var client = CLUSTER.admin();
    for (var component : List.of("operator", "control-api", "postgresql")) {
      for (var pod : CLUSTER.pods(component)) {
        if (client.pods().resource(pod).getLog().contains(secretPart)) {
          found.add("log of " + pod.getMetadata().getName());
        }
      }
    }
    if (tenant.apiKey("app").toString().contains(secretPart)) {
      found.add("APIKey");
    }
    if (client
        .events()
        .v1()
        .events()
        .inNamespace(tenant.apps())
        .list()
        .toString()
        .contains(secretPart)) {
      found.add("events");
    }
    try (var root = CLUSTER.sql("superuser")) {
      for (var table :
          root.column(
              "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('hermes', 'authn', 'lease', 'provision')")) {
        if (!root.column(
                "select 1 from " + table + " t where t::text like ?", "%" + secretPart + "%")
            .isEmpty()) {
          found.add(table);
        }
      }
    }
    assertThat(found).isEmpty();
    assertThat(CLUSTER.secret(tenant.apps(), "app-hermes", "HERMES_API_KEY"))
        .as("control")
        .contains(secretPart);
  }
}
