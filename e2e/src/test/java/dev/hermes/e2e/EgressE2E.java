package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A sandbox with a way out: the start gate's own target, which it cannot reach, answers it through
 * the proxy, and nothing else does. The test signs the credentials with the platform's key.
 */
class EgressE2E {
  private static final String TARGET = "hermes-netcanary.hermes-system.svc.cluster.local:8080";
  private static final String SESSION = "egress";
  private static final Duration IN_FORCE = Duration.ofSeconds(5);
  private static final Cluster CLUSTER = Cluster.get();
  private static TestTenant tenant;
  private static String proxy;

  @BeforeAll
  static void start() {
    tenant = TestTenant.ready("egress", policy(TARGET));
    proxy =
        CLUSTER
            .admin()
            .services()
            .inNamespace(Cluster.SYSTEM)
            .withName("hermes-egress")
            .require()
            .getSpec()
            .getClusterIP();
    tenant.api().python(SESSION, "print(1)");
  }

  @AfterAll
  static void stop() {
    tenant.close();
  }

  private static SandboxPolicySpec policy(String... egress) {
    return SandboxPolicySpec.defaults()
        .withNetwork(new SandboxPolicySpec.Network(List.of(egress), false));
  }

  private static Pod claimed(TestTenant of) {
    return of.sandboxes().stream()
        .filter(
            pod -> "claimed".equals(pod.getMetadata().getLabels().get("hermes.dev/sandbox-state")))
        .findFirst()
        .orElseThrow();
  }

  private static String token(Pod pod) {
    var pem = CLUSTER.secret(Cluster.SYSTEM, "hermes-signing", "private.pem");
    var der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    var now = Instant.now().getEpochSecond();
    var base64 = Base64.getUrlEncoder().withoutPadding();
    var text =
        base64.encodeToString("{\"alg\":\"EdDSA\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + base64.encodeToString(
                "{\"aud\":\"egress\",\"sub\":\"%s\",\"iat\":%d,\"exp\":%d}"
                    .formatted(pod.getMetadata().getUid(), now, now + 600)
                    .getBytes(StandardCharsets.UTF_8));
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initSign(
          KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(der)));
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return text + "." + base64.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a tool in the sandbox sees of a URL through the proxy. */
  private static String fetch(TestTenant from, String url, String token) {
    return from.api()
        .python(
            SESSION,
            """
            import urllib.request, urllib.error
            proxies = {s: "http://%s%s:3128" for s in ("http", "https")}
            opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
            try:
                answer = opener.open("%s", timeout=10)
                print("STATUS", answer.status)
            except urllib.error.HTTPError as e:
                print("STATUS", e.code, e.headers.get("X-Hermes-Egress-Reason"))
            except Exception as e:
                print("FAILED", e)
            """
                .formatted(token.isEmpty() ? "" : "sandbox:" + token + "@", proxy, url));
  }

  @Test
  @DisplayName("SBX-8 K8S-13 the listed name answers through the proxy; directly nothing does")
  void listed() {
    var host = TARGET.substring(0, TARGET.indexOf(':'));
    var address =
        CLUSTER
            .admin()
            .services()
            .inNamespace(Cluster.SYSTEM)
            .withName("hermes-netcanary")
            .require()
            .getSpec()
            .getClusterIP();
    assertThat(fetch(tenant, "http://" + TARGET + "/", token(claimed(tenant))))
        .contains("STATUS 200");
    assertThat(tenant.api().python(SESSION, Reach.code(address, 8080)))
        .contains("refused")
        .doesNotContain(Reach.REACHED);
    assertThat(tenant.api().python(SESSION, Reach.code(host, 8080)))
        .as("no DNS")
        .contains("refused");
    for (var pod : CLUSTER.pods("egress")) {
      assertThat(tenant.api().python(SESSION, Reach.code(pod.getStatus().getPodIP(), 8081)))
          .as("the proxy's management port")
          .contains("refused");
    }
  }

  @Test
  @DisplayName("SBX-8 what is not listed is refused with a reason, an Event and a count")
  void notListed() {
    var token = token(claimed(tenant));
    assertThat(fetch(tenant, "http://hermes-api.hermes-system.svc.cluster.local:8080/v1/me", token))
        .contains("STATUS 403 HostNotAllowed");
    assertThat(fetch(tenant, "http://169.254.169.254/latest/", token))
        .contains("STATUS 403 AddressLiteral");
    assertThat(fetch(tenant, "http://platform.hermes.internal/v1/me", token))
        .contains("STATUS 403 CallbackNotAllowed");
    assertThat(fetch(tenant, "https://kubernetes.default.svc.cluster.local/", token))
        .contains("FAILED")
        .contains("403");
    await("Event")
        .atMost(IN_FORCE)
        .until(() ->
            CLUSTER
                .admin()
                .events()
                .v1()
                .events()
                .inNamespace(tenant.namespace())
                .list()
                .getItems()
                .stream()
                .anyMatch(event -> "EgressHostNotAllowed".equals(event.getReason())));
  }

  @Test
  @DisplayName("SBX-8 no credentials, and those of another tenant's sandbox")
  void credentials() {
    assertThat(fetch(tenant, "http://" + TARGET + "/", "")).contains("STATUS 407 TokenMissing");
    try (var other = TestTenant.ready("egress-other", policy(TARGET))) {
      other.api().python(SESSION, "print(1)");
      assertThat(fetch(tenant, "http://" + TARGET + "/", token(claimed(other))))
          .contains("STATUS 403 AddressMismatch");
      assertThat(fetch(other, "http://" + TARGET + "/", token(claimed(other))))
          .as("control")
          .contains("STATUS 200");
    }
  }

  @Test
  @DisplayName("SBX-8 a changed policy is in force at once, without a new sandbox")
  void change() {
    try (var own = TestTenant.ready("egress-change", policy(TARGET))) {
      own.api().python(SESSION, "print(1)");
      var token = token(claimed(own));
      assertThat(fetch(own, "http://" + TARGET + "/", token)).contains("STATUS 200");
      patch(own, "{\"spec\":{\"network\":{\"egress\":[\"index.example.com:443\"]}}}");
      await("refused")
          .atMost(IN_FORCE)
          .until(() -> fetch(own, "http://" + TARGET + "/", token).contains("STATUS 403"));
    }
  }

  @Test
  @DisplayName(
      "SBX-10 with network.callback the platform answers at its listed paths, to the caller's own key")
  void callback() {
    try (var own =
        TestTenant.ready(
            "egress-callback",
            SandboxPolicySpec.defaults()
                .withNetwork(new SandboxPolicySpec.Network(List.of(), true)))) {
      own.api().python(SESSION, "print(1)");
      var token = token(claimed(own));
      assertThat(fetch(own, "http://platform.hermes.internal/v1/me", token))
          .as("no key, so the API itself refuses")
          .contains("STATUS 401 None");
      assertThat(
              own.api()
                  .python(
                      SESSION,
                      """
                      import urllib.request
                      proxy = urllib.request.ProxyHandler({"http": "http://sandbox:%s@%s:3128"})
                      request = urllib.request.Request(
                          "http://platform.hermes.internal/v1/me",
                          headers={"Authorization": "Bearer %s"})
                      print(urllib.request.build_opener(proxy).open(request, timeout=10).read())
                      """
                          .formatted(token, proxy, own.api().key())))
          .contains(own.id());
      assertThat(
              own.api()
                  .python(
                      SESSION,
                      """
                      import os, urllib.request
                      request = urllib.request.Request(
                          os.environ["HERMES_URL"] + "/v1/me",
                          headers={"Authorization": "Bearer " + os.environ["HERMES_TOKEN"]})
                      print(urllib.request.urlopen(request, timeout=10).read())
                      """))
          .as("with the token and the way out of its own environment")
          .contains(own.id())
          .contains("callback");
      assertThat(fetch(own, "http://platform.hermes.internal/v1/usage", token))
          .contains("STATUS 403 CallbackPathNotAllowed");
      assertThat(fetch(own, "http://" + TARGET + "/", token)).contains("STATUS 403 HostNotAllowed");
    }
  }

  @Test
  @DisplayName(
      "SBX-8 a sandbox given less than its policy allows reaches no more; all of it again later")
  void narrowed() {
    var api = tenant.api();
    var made = api.post("/v1/sandboxes", "{\"network\":{\"egress\":[]}}").expect(201).json();
    var path = "/v1/sandboxes/" + made.path("id").asText();
    try {
      assertThat(reach(path)).contains("STATUS 403 HostNotInSandboxNetwork");
      becomes(path, "{\"egress\":[\"" + TARGET + "\"]}", "STATUS 200");
      becomes(path, "{\"egress\":[\"other.example\"]}", "STATUS 403 HostNotInSandboxNetwork");
      becomes(path, "{}", "STATUS 200");
    } finally {
      api.delete(path);
    }
  }

  private static void becomes(String path, String network, String status) {
    tenant.api().put(path + "/network", network).expect(204);
    await(network).atMost(IN_FORCE).until(() -> reach(path).contains(status));
  }

  /** With the way out that the sandbox's own environment names. */
  private static String reach(String path) {
    var code =
        """
        import urllib.request, urllib.error
        try:
            print("STATUS", urllib.request.urlopen("http://%s/", timeout=10).status)
        except urllib.error.HTTPError as e:
            print("STATUS", e.code, e.headers.get("X-Hermes-Egress-Reason"))
        """
            .formatted(TARGET);
    var body = Serialization.asJson(Map.of("language", "python", "code", code));
    return tenant.api().post(path + "/exec", body).expect(200).json().path("stdout").asText();
  }

  @Test
  @DisplayName("SBX-8 AUD-7 a refusal is in the tenant's audit log, and its bytes are in its usage")
  void reported() throws Exception {
    try (var own = TestTenant.ready("egress-report", policy(TARGET));
        var root = CLUSTER.sql("superuser")) {
      own.api().python(SESSION, "print(1)");
      var token = token(claimed(own));
      assertThat(fetch(own, "http://" + TARGET + "/", token)).contains("STATUS 200");
      assertThat(fetch(own, "http://evil.example/", token)).contains("STATUS 403 HostNotAllowed");
      await("audit")
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              root.column(
                      """
                      select detail ->> 'host' from hermes.audit_log
                       where tenant_id = ?::uuid and action = 'sandbox.egress.denied'
                      """,
                      own.id())
                  .contains("evil.example"));
      await("usage")
          .atMost(Duration.ofSeconds(150))
          .until(() ->
              own.api().get("/v1/usage").expect(200).json().at("/egress/0/bytes_in").asLong() > 0);
    }
  }

  private static void patch(TestTenant of, String patch) {
    CLUSTER
        .admin()
        .resources(SandboxPolicy.class)
        .withName(of.name())
        .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }
}
