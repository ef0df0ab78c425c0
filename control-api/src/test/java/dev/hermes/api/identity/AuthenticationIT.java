package dev.hermes.api.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.ApiKeyFormat;
import dev.hermes.database.key.RawKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AuthenticationIT {
  private static TestApi api;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
  }

  @Test
  @DisplayName("IAM-1 missing, malformed, unknown, revoked and expired credentials get one answer")
  void sameAnswer() {
    TestTenant tenant = api.tenant();
    RawKey good = api.userKey(tenant);
    RawKey revoked = api.userKey(tenant);
    api.operator().revoke(revoked);
    RawKey expired =
        api.operator()
            .key(tenant, List.of(Role.USER), List.of(Scope.READ), Instant.now().minusSeconds(1));
    RawKey unknown = ApiKeyFormat.mint(new SecureRandom());
    List<String> headers =
        new ArrayList<>(
            List.of(
                "Bearer " + revoked.text(),
                "Bearer " + expired.text(),
                "Bearer " + unknown.text(),
                "Bearer " + mistyped(good.text()),
                "Bearer hx_live_short",
                "Bearer ",
                "Basic dXNlcjo=",
                "Bearer eyJhbGciOiJub25lIn0.e30.",
                good.text()));
    List<JsonNode> bodies = new ArrayList<>();
    for (String header : headers) {
      bodies.add(
          refused(
              api.send(
                  "GET",
                  "/v1/me",
                  null,
                  null,
                  request -> request.header("Authorization", header))));
    }
    bodies.add(refused(api.get("/v1/me", null)));
    assertThat(bodies).allSatisfy(body -> assertThat(body).isEqualTo(bodies.getFirst()));
    assertThat(bodies.getFirst().at("/error/code").asText()).isEqualTo("invalid_api_key");
    assertThat(api.get("/v1/me", good).status()).isEqualTo(200);
  }

  @Test
  @DisplayName("IAM-3 a key of the right id and a wrong secret is refused")
  void wrongSecret() {
    TestTenant tenant = api.tenant();
    RawKey good = api.userKey(tenant);
    RawKey other;
    do {
      other = withId(good, ApiKeyFormat.mint(new SecureRandom()));
    } while (other == null);
    assertThat(api.get("/v1/me", good).status()).isEqualTo(200);
    assertThat(api.get("/v1/me", other).status()).isEqualTo(401);
  }

  @Test
  @DisplayName("the scheme's case and surrounding blanks do not matter")
  void scheme() {
    RawKey key = api.userKey(api.tenant());
    for (String scheme : List.of("Bearer ", "bearer ", "BEARER  ")) {
      assertThat(
              api.send(
                      "GET",
                      "/v1/me",
                      null,
                      null,
                      request -> request.header("Authorization", scheme + key.text()))
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  @DisplayName(
      "IAM-5 a revoked key is refused within 2 s on every replica, with LISTEN and without")
  void revoked() {
    try (TestApi replica = api.replica(Map.of("hermes.authn.listen", "false"))) {
      RawKey key = api.userKey(api.tenant());
      assertThat(api.get("/v1/me", key).status()).isEqualTo(200);
      assertThat(replica.get("/v1/me", key).status()).isEqualTo(200);
      api.operator().revoke(key);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(50))
          .atMost(Duration.ofSeconds(2))
          .until(() ->
              api.get("/v1/me", key).status() == 401 && replica.get("/v1/me", key).status() == 401);
    }
  }

  @Test
  @DisplayName("IAM-5 a key is refused from the moment it expires, cached or not")
  void expires() {
    RawKey key =
        api.operator()
            .key(
                api.tenant(),
                List.of(Role.USER),
                List.of(Scope.READ),
                Instant.now().plusMillis(1500));
    assertThat(api.get("/v1/me", key).status()).isEqualTo(200);
    Awaitility.await()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofSeconds(3))
        .until(() -> api.get("/v1/me", key).status() == 401);
  }

  @Test
  @DisplayName("a suspended tenant gets 403 within 2 s, and its key works again afterwards")
  void suspended() {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    assertThat(api.get("/v1/me", key).status()).isEqualTo(200);
    TestTenant suspended = api.operator().apply(tenant.suspended(true));
    Awaitility.await()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofSeconds(2))
        .until(() -> api.get("/v1/me", key).errorCode().equals("tenant_suspended"));
    api.operator().apply(suspended.suspended(false));
    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> api.get("/v1/me", key).status() == 200);
  }

  @Test
  @DisplayName("TEN-6 a tenant named in header, query or body has no effect")
  void tenantFromCredentialAlone() {
    TestTenant mine = api.tenant();
    TestTenant other = api.tenant();
    RawKey key = api.userKey(mine);
    for (String header :
        List.of(
            "X-Tenant-Id",
            "X-Hermes-Tenant",
            "X-Hermes-Tenant-Id",
            "Tenant",
            "tenant_id",
            "X-TENANT-ID")) {
      Answer answer =
          api.send(
              "GET",
              "/v1/me?tenant_id=" + other.id() + "&tenant=" + other.id(),
              key,
              null,
              request -> request.header(header, other.id().toString()));
      assertThat(answer.json().at("/tenant/id").asText()).isEqualTo(mine.id().toString());
    }
    String body =
        TestApi.ask(
            "demo", "hi", "\"tenant_id\":\"" + other.id() + "\"", "\"user\":\"somebody else\"");
    assertThat(api.chat(key, body).status()).isEqualTo(200);
    assertThat(api.get("/v1/usage", key).json().at("/data/0/requests").asInt()).isEqualTo(1);
    assertThat(api.get("/v1/usage", api.userKey(other)).json().path("data")).isEmpty();
  }

  @Test
  @DisplayName("every denial of a known caller is in its tenant's audit log")
  void deniedIsAudited() throws Exception {
    TestTenant tenant = api.tenant();
    RawKey auditor = api.operator().key(tenant, List.of(Role.AUDITOR), List.of(Scope.READ));
    Answer answer = api.chat(auditor, TestApi.ask("demo", "hi"));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.errorCode()).isEqualTo("insufficient_scope");
    try (var connection = api.database().superuser();
        var rows =
            connection
                .createStatement()
                .executeQuery(
                    "select action, outcome, request_id from hermes.audit_log where tenant_id = '"
                        + tenant.id()
                        + "'")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("POST /v1/chat/completions");
      assertThat(rows.getString(2)).isEqualTo("denied");
      assertThat(rows.getString(3)).isEqualTo(answer.header("x-request-id"));
      assertThat(rows.next()).isFalse();
    }
  }

  @Test
  @DisplayName("last use is written in one batch")
  void lastUse() throws Exception {
    RawKey key = api.userKey(api.tenant());
    assertThat(api.get("/v1/me", key).status()).isEqualTo(200);
    api.context().getBean(LastUse.class).flush();
    try (var connection = api.database().superuser();
        var row =
            connection
                .createStatement()
                .executeQuery(
                    "select last_used_at from authn.key_digests where kid = '"
                        + key.keyId()
                        + "'")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getTimestamp(1)).isNotNull();
    }
  }

  private static JsonNode refused(Answer answer) {
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
    ObjectNode body = (ObjectNode) answer.json();
    assertThat(body.remove("request_id").asText()).isEqualTo(answer.header("x-request-id"));
    return body;
  }

  private static String mistyped(String key) {
    char last = key.charAt(30);
    return key.substring(0, 30) + (last == 'a' ? 'b' : 'a') + key.substring(31);
  }

  /** The id of one key with the secret of another, and a checksum that fits. */
  private static RawKey withId(RawKey id, RawKey secret) {
    String start = id.text().substring(0, 20) + secret.text().substring(20, 63);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(start.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    String digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    long rest = crc.getValue();
    StringBuilder sum = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      sum.insert(0, digits.charAt((int) (rest % 62)));
      rest /= 62;
    }
    return ApiKeyFormat.parse(start + sum).orElse(null);
  }
}
