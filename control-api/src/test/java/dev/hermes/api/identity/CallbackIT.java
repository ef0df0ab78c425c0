package dev.hermes.api.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.database.key.RawKey;
import dev.hermes.sandbox.daemon.Jws;
import dev.hermes.sandbox.daemon.TokenSigner;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What code in a sandbox may do on the platform with the token that a run was given. */
class CallbackIT {
  private static final TestApi API = TestApi.shared();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TestTenant tenant = API.operator().apply(TestTenant.create().withCallback(true));
  private final RawKey key = API.userKey(tenant);

  @Test
  @DisplayName("SBX-10 each run has a token of its own, where the policy has call-backs")
  void given() {
    String sandbox = made(key);
    String print = "echo $HERMES_URL $HERMES_TOKEN";
    String first = run(sandbox, key, "bash", print);
    assertThat(first).startsWith("http://platform.hermes.internal hermes_callback_");
    assertThat(run(sandbox, key, "python", "import os; print(os.environ['HERMES_TOKEN'])"))
        .startsWith("hermes_callback_");
    JsonNode claims = claims(first.split(" ")[1].strip());
    assertThat(claims.path("aud").asText()).isEqualTo("callback");
    assertThat(claims.path("tenant").asText()).isEqualTo(tenant.id().toString());
    assertThat(claims.path("lease").asText()).isEqualTo(sandbox);
    assertThat(claims.path("exp").asLong() - claims.path("iat").asLong())
        .as("no longer than the run may take, five seconds here")
        .isLessThanOrEqualTo(6);
    assertThat(API.chat(key, TestApi.ask("demo", "```bash\n" + print + "\n```")).content())
        .contains("hermes_callback_");

    TestTenant closed = API.operator().apply(TestTenant.create().withCallback(false));
    RawKey other = API.userKey(closed);
    assertThat(run(made(other), other, "bash", "env")).doesNotContain("HERMES_TOKEN");
    assertThat(API.chat(other, TestApi.ask("demo", "```bash\n" + print + "\n```")).content())
        .doesNotContain("hermes_callback_");
  }

  @Test
  @DisplayName("SBX-10 it is its user to the platform, asks models without tools, and nothing else")
  void may() {
    String token = token(made(key), key);
    JsonNode me = call("GET", "/v1/me", token, null).json();
    assertThat(me.toString()).contains(tenant.id().toString()).contains(key.keyId());
    assertThat(me.path("auth_method").asText()).isEqualTo("callback");
    assertThat(me.path("tools")).isEmpty();
    assertThat(call("GET", "/v1/models", token, null).status()).isEqualTo(200);
    Answer chat =
        call(
            "POST",
            "/v1/chat/completions",
            token,
            TestApi.ask("demo", "```bash\necho ran > /tmp/x; echo 6\"\"7\n```"));
    assertThat(chat.status()).as(chat.text()).isEqualTo(200);
    assertThat(chat.content()).as("no tool, so no sandbox within a sandbox").doesNotContain("67");
    assertThat(API.chat(key, TestApi.ask("demo", "```bash\necho 6\"\"7\n```")).content())
        .as("control: the key's own chat has tools")
        .contains("67");
    JsonNode usage = API.get("/v1/usage?group_by=key", key).json().path("data");
    assertThat(usage).as("it counts as the key's").hasSize(1);
    assertThat(usage.at("/0/requests").asInt()).isEqualTo(2);

    for (String route :
        List.of(
            "GET /v1/usage",
            "GET /v1/sandboxes",
            "POST /v1/sandboxes",
            "POST /v2/sandboxes",
            "POST /mcp",
            "GET /v1/execution-receipts")) {
      String[] parts = route.split(" ");
      Answer refused =
          call(
              parts[0],
              parts[1],
              token,
              parts[0].equals("POST") ? "{\"templateID\":\"base\"}" : null);
      assertThat(refused.status()).as(route).isEqualTo(403);
      assertThat(refused.errorCode()).as(route).isEqualTo("callback_not_allowed");
    }
  }

  @Test
  @DisplayName("SBX-10 it knows nothing that is kept for its user, by no way")
  void memories() {
    String token = token(made(key), key);
    String put = "{\"content\":\"canary\"}";
    assertThat(API.send("PUT", "/v1/memories/bird", key, put, request -> {}).status())
        .isEqualTo(201);
    assertThat(call("GET", "/v1/memories/bird", token, null).errorCode())
        .isEqualTo("callback_not_allowed");
    assertThat(call("PUT", "/v1/memories/bird", token, put).errorCode())
        .isEqualTo("callback_not_allowed");
    assertThat(call("GET", "/v1/profile", token, null).errorCode())
        .isEqualTo("callback_not_allowed");

    assertThat(chat(token, "X-Hermes-Session-Id", "s").status()).isEqualTo(200);
    assertThat(API.upstream().lastRequest().toString()).doesNotContain("canary", "memory");
    assertThat(chat(token, "X-Hermes-Memory", "on").errorCode()).isEqualTo("callback_not_allowed");
    API.chat(key, TestApi.ask("fake-echo", "hi"), "X-Hermes-Session-Id", "t");
    assertThat(API.upstream().lastRequest().toString()).as("control").contains("canary", "memory");
  }

  private static Answer chat(String token, String header, String value) {
    return API.send(
        "POST",
        "/v1/chat/completions",
        null,
        TestApi.ask("fake-echo", "hi"),
        request -> request.headers("Authorization", "Bearer " + token, header, value));
  }

  @Test
  @DisplayName(
      "SBX-10 forged, of another audience, expired, or of things that do not belong together")
  void forged() throws Exception {
    String sandbox = made(key);
    String token = token(sandbox, key);
    Jws jws = API.context().getBean(Jws.class);
    assertThat(me(signed(jws, claims(token), claims -> {}))).as("control").isEqualTo(200);

    TestTenant other = API.operator().apply(TestTenant.create().withCallback(true));
    RawKey stranger = API.userKey(other);
    String foreign = made(stranger);
    long now = Instant.now().getEpochSecond();
    Map<String, Consumer<ObjectNode>> changes = new LinkedHashMap<>();
    changes.put("audience", claims -> claims.put("aud", "sandbox"));
    changes.put("no audience", claims -> claims.remove("aud"));
    changes.put("tenant", claims -> claims.put("tenant", other.id().toString()));
    changes.put("unknown tenant", claims -> claims.put("tenant", UUID.randomUUID().toString()));
    changes.put("key", claims -> claims.put("key", stranger.keyId()));
    changes.put("user", claims -> claims.put("sub", "key:" + stranger.keyId()));
    changes.put("lease", claims -> claims.put("lease", foreign));
    changes.put("pod", claims -> claims.put("pod", "another"));
    changes.put("no lease", claims -> claims.remove("lease"));
    changes.put("expired", claims -> claims.put("iat", now - 60).put("exp", now - 1));
    changes.put("too long", claims -> claims.put("iat", now).put("exp", now + 301));
    changes.put("no begin", claims -> claims.remove("iat"));
    changes.put("no end", claims -> claims.remove("exp"));
    changes.forEach((what, change) ->
        assertThat(me(signed(jws, claims(token), change))).as(what).isEqualTo(401));

    Jws theirs = new Jws(KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate());
    assertThat(me(signed(theirs, claims(token), claims -> {}))).isEqualTo(401);
    String plain = token.substring(CallbackTokens.MARK.length());
    TokenSigner signer = API.context().getBean(TokenSigner.class);
    String access = API.get("/v1/sandboxes/" + sandbox, key).json().path("access_token").asText();
    for (String bad :
        List.of(
            plain,
            CallbackTokens.MARK,
            CallbackTokens.MARK + access,
            CallbackTokens.MARK + signer.sign(claims(token).path("pod").asText()),
            CallbackTokens.MARK + signer.signEgress("pod", Duration.ofMinutes(1)),
            token + "x",
            token.substring(0, token.length() - 4),
            CallbackTokens.MARK + "e30" + plain.substring(plain.indexOf('.')))) {
      assertThat(me(bad)).as(bad).isEqualTo(401);
    }
  }

  @Test
  @DisplayName("SBX-10 what a request says of its tenant changes nothing")
  void headers() {
    TestTenant other = API.tenant();
    String token = token(made(key), key);
    Answer me =
        API.send(
            "GET",
            "/v1/me?tenant_id=" + other.id(),
            null,
            null,
            request ->
                request
                    .header("Authorization", "Bearer " + token)
                    .header("X-Tenant-Id", other.id().toString())
                    .header("X-Hermes-Tenant", other.id().toString())
                    .header("X-User-Id", "root"));
    assertThat(me.text()).contains(tenant.id().toString()).doesNotContain(other.id().toString());
  }

  @Test
  @DisplayName("SBX-10 the sandbox's end, the key's and the tenant's suspension end it")
  void ends() {
    String sandbox = made(key);
    String token = token(sandbox, key);
    assertThat(me(token)).as("control").isEqualTo(200);
    assertThat(API.send("DELETE", "/v1/sandboxes/" + sandbox, key, null, r -> {}).status())
        .isEqualTo(204);
    assertThat(me(token)).isEqualTo(401);

    RawKey brief = API.userKey(tenant);
    String second = token(made(brief), brief);
    assertThat(me(second)).as("control").isEqualTo(200);
    API.operator().revoke(brief);
    becomes(second, 401);

    String third = token(made(key), key);
    assertThat(me(third)).as("control").isEqualTo(200);
    API.operator().apply(tenant.suspended(true));
    becomes(third, 403);
    API.operator().apply(tenant.suspended(false));
    becomes(third, 200);
  }

  @Test
  @DisplayName("SBX-10 an admin's run in another user's sandbox gets no token of the admin's")
  void admins() {
    RawKey admin = API.operator().key(tenant, List.of(Role.ADMIN), List.of(Scope.values()));
    String theirs = made(key);
    assertThat(run(theirs, admin, "bash", "echo \"<$HERMES_TOKEN>\"")).isEqualTo("<>\n");
    String own = made(admin);
    String token = token(own, admin);
    assertThat(me(token)).as("control").isEqualTo(200);
    JsonNode me = call("GET", "/v1/me", token, null).json();
    assertThat(me.toString()).doesNotContain("admin").doesNotContain("audit").contains("user");
    assertThat(call("GET", "/v1/usage", token, null).status()).isEqualTo(403);
  }

  private static void becomes(String token, int status) {
    Awaitility.await().atMost(Duration.ofSeconds(4)).until(() -> me(token) == status);
  }

  /** As the run's, but long enough for a test. */
  private static String token(String sandbox, RawKey by) {
    long now = Instant.now().getEpochSecond();
    return signed(
        API.context().getBean(Jws.class),
        claims(run(sandbox, by, "bash", "printf %s $HERMES_TOKEN")),
        claims -> claims.put("iat", now).put("exp", now + 120));
  }

  private static String signed(Jws jws, ObjectNode claims, Consumer<ObjectNode> change) {
    change.accept(claims);
    return CallbackTokens.MARK + jws.sign(claims.toString());
  }

  private static ObjectNode claims(String token) {
    try {
      return (ObjectNode)
          JSON.readTree(
              Base64.getUrlDecoder()
                  .decode(token.substring(CallbackTokens.MARK.length()).split("\\.")[1]));
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int me(String token) {
    return call("GET", "/v1/me", token, null).status();
  }

  private static Answer call(String method, String path, String token, String body) {
    return API.send(
        method, path, null, body, request -> request.header("Authorization", "Bearer " + token));
  }

  private static String made(RawKey by) {
    Answer made = API.post("/v1/sandboxes", by, "{}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    return made.json().path("id").asText();
  }

  private static String run(String sandbox, RawKey by, String language, String code) {
    Answer ran =
        API.post(
            "/v1/sandboxes/" + sandbox + "/exec",
            by,
            "{\"language\":\"" + language + "\",\"code\":" + TestApi.quote(code) + "}");
    assertThat(ran.status()).as(ran.text()).isEqualTo(200);
    return ran.json().path("stdout").asText();
  }
}
