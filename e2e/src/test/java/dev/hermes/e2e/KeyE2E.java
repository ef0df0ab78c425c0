package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.exceptionfactory.jagged.framework.armor.ArmoredDecryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.apikey.ApiKeySpec;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.ByteArrayInputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.security.Key;
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
  @DisplayName("IAM-12 a lowered ceiling refuses a key within 2 s, a raised one takes it back")
  void ceilingLowered() {
    tenant.key("lowered", List.of(Role.USER), List.of(Scope.AUDIT));
    tenant.awaitKey("lowered");
    var key = tenant.api("lowered");
    key.get("/v1/me").expect(200);
    var before = tenant.tenant().getSpec().apiKeys().namespaces().getFirst();
    tenant.ceiling(before.roles(), List.of(Scope.READ, Scope.WRITE, Scope.EXECUTE));
    try {
      await()
          .atMost(Duration.ofSeconds(2))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> key.get("/v1/me").status() == 401);
    } finally {
      tenant.ceiling(before.roles(), before.scopes());
    }
    tenant.awaitKey("lowered");
    tenant.awaitKey("app");
    key.get("/v1/me").expect(200);
  }

  @Test
  @DisplayName(
      "IAM-13 after a rotation both keys work as one principal; after the next the first is 401")
  void rotation() {
    tenant.key("turning", List.of(Role.USER), List.of(Scope.READ));
    tenant.awaitKey("turning");
    var first = tenant.api("turning");
    var principal = first.get("/v1/me").expect(200).json().get("user").asText();
    tenant.rotate("turning");
    var second = tenant.api("turning");
    assertThat(second.key()).isNotEqualTo(first.key());
    assertThat(second.get("/v1/me").expect(200).json().get("user").asText()).isEqualTo(principal);
    first.get("/v1/me").expect(200);
    tenant.rotate("turning");
    await()
        .atMost(Duration.ofSeconds(2))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> first.get("/v1/me").status() == 401);
    second.get("/v1/me").expect(200);
    tenant.api("turning").get("/v1/me").expect(200);
  }

  @Test
  @DisplayName("K8S-4 keys that are imported, given as a hash, and encrypted work")
  void otherModes() throws Exception {
    var imported = OwnKey.make();
    CLUSTER
        .admin()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("own")
                .withNamespace(tenant.apps())
                .endMetadata()
                .withType("hermes.dev/api-key")
                .addToStringData("HERMES_API_KEY", imported.text())
                .build())
        .create();
    tenant.key("imported", ApiKeySpec.Delivery.imported("own"));
    var hashed = OwnKey.make();
    tenant.key("hashed", ApiKeySpec.Delivery.hashOnly(hashed.keyId(), hashed.sha256()));
    var pair = new X25519KeyPairGenerator().generateKeyPair();
    tenant.key("sealed", ApiKeySpec.Delivery.encrypted(text(pair.getPublic())));
    tenant.awaitKey("imported");
    tenant.awaitKey("hashed");
    tenant.awaitKey("sealed");

    app(imported.text()).get("/v1/me").expect(200);
    app(hashed.text()).get("/v1/me").expect(200);
    var file = tenant.apiKey("sealed").getStatus().encryptedKey();
    app(decrypt(file, text(pair.getPrivate()))).get("/v1/me").expect(200);
  }

  private static Api app(String key) {
    return new Api(CLUSTER.apiUrl(), key);
  }

  private static String text(Key key) {
    return new String(key.getEncoded(), StandardCharsets.US_ASCII);
  }

  private static String decrypt(String file, String identity) throws Exception {
    try (var plain =
        new ArmoredDecryptingChannelFactory()
            .newDecryptingChannel(
                Channels.newChannel(
                    new ByteArrayInputStream(file.getBytes(StandardCharsets.US_ASCII))),
                List.of(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(identity)))) {
      return new String(Channels.newInputStream(plain).readAllBytes(), StandardCharsets.US_ASCII);
    }
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
