package dev.hermes.api.held;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Tool;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.Backend;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.database.key.RawKey;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sandboxes in this API's own words. */
class SandboxesIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);

  @Test
  @DisplayName("SBX-14 SBX-16 made, used, extended, ended")
  void life() {
    Answer made =
        API.post(
            "/v1/sandboxes",
            key,
            "{\"metadata\":{\"a\":\"b\"},\"timeout\":60,\"environment\":{\"WHO\":\"me\"}}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String path = "/v1/sandboxes/" + made.json().path("id").asText();
    assertThat(made.json().path("policy").asText()).isEqualTo("default");
    assertThat(made.json().path("access_token").asText()).isNotEmpty();

    JsonNode python = exec(path, "python", "x = 41\nprint('out')\nx + 1").json();
    assertThat(python.path("stdout").asText()).isEqualTo("out\n");
    assertThat(python.path("result").asText()).isEqualTo("42");
    assertThat(python.path("exit_code").asInt()).isZero();
    assertThat(exec(path, "python", "x").json().path("result").asText())
        .as("variables stay")
        .isEqualTo("41");
    JsonNode bash = exec(path, "bash", "echo $WHO; echo err >&2; exit 3").json();
    assertThat(bash.path("stdout").asText()).isEqualTo("me\n");
    assertThat(bash.path("stderr").asText()).isEqualTo("err\n");
    assertThat(bash.path("exit_code").asInt()).isEqualTo(3);
    JsonNode failed = exec(path, "python", "1/0").json();
    assertThat(failed.at("/error/name").asText()).isEqualTo("ZeroDivisionError");

    JsonNode list = API.get("/v1/sandboxes", key).json();
    assertThat(list.path("data")).hasSize(1);
    assertThat(list.at("/data/0/metadata/a").asText()).isEqualTo("b");
    assertThat(list.at("/data/0").has("access_token")).as("a list gives no access").isFalse();
    Answer extended = API.post(path + "/extend", key, "{\"timeout\":600}");
    assertThat(Instant.parse(extended.json().path("ends_at").asText()))
        .isAfter(Instant.now().plusSeconds(590));
    assertThat(API.send("DELETE", path, key, null, request -> {}).status()).isEqualTo(204);
    assertThat(API.get(path, key).status()).isEqualTo(404);
    assertThat(exec(path, "bash", "true").status()).isEqualTo(404);
  }

  @Test
  @DisplayName("SBX-14 AUD-2 each run has a receipt and an audit row")
  void receipts() {
    String path = made();
    JsonNode ran = exec(path, "bash", "echo evidence").json();

    JsonNode receipt = API.get("/v1/execution-receipts?limit=1", key).json().path("data").path(0);
    assertThat(receipt.path("id").asText()).isEqualTo(ran.path("receipt_id").asText());
    assertThat(receipt.path("tool").asText()).isEqualTo("bash");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(path).endsWith(receipt.path("sandbox").asText());
    assertThat(receipt.path("output_bytes").asLong()).isEqualTo("evidence\n".length());
  }

  @Test
  @DisplayName("SBX-8 where the policy has a way out, what runs is told of it; elsewhere not")
  void wayOut() {
    EffectivePolicy shut = tenant.config().policies().getFirst();
    EffectivePolicy open =
        new EffectivePolicy(
            shut.name(),
            shut.image(),
            shut.runtimeClassName(),
            shut.tools(),
            shut.resources(),
            shut.limits(),
            shut.pool(),
            shut.denyTargets(),
            new SandboxPolicySpec.Network(List.of("index.example:443"), false),
            "10.96.0.9:3128",
            null,
            Backend.Pod);
    TestTenant out = API.operator().apply(TestTenant.create().withPolicies(List.of(open)));
    RawKey own = API.userKey(out);
    String print = "echo $HTTPS_PROXY; echo $https_proxy; echo $WHO";

    String path =
        "/v1/sandboxes/"
            + API.post("/v1/sandboxes", own, "{\"environment\":{\"WHO\":\"me\"}}")
                .json()
                .path("id")
                .asText();
    String held =
        API.post(path + "/exec", own, code("bash", print, "")).json().path("stdout").asText();
    assertThat(held).matches("(http://sandbox:[\\w.-]+@10\\.96\\.0\\.9:3128\n){2}me\n");
    assertThat(
            API.chat(
                    own,
                    TestApi.ask("demo", "```bash\n" + print + "\n```"),
                    "X-Hermes-Session-Id",
                    "s")
                .content())
        .as("a session's sandbox too")
        .contains("@10.96.0.9:3128");

    String closed = exec(made(), "bash", "env").json().path("stdout").asText();
    assertThat(closed).doesNotContainIgnoringCase("proxy").contains("HOME=");
  }

  @Test
  @DisplayName(
      "SBX-8 a sandbox may be given less than its policy allows, when it is made and later")
  void network() {
    LocalPods pods = API.context().getBean(LocalPods.class);
    Answer made =
        API.post(
            "/v1/sandboxes", key, "{\"network\":{\"egress\":[\"B.example:443\",\"*.a.example\"]}}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String id = made.json().path("id").asText();
    String path = "/v1/sandboxes/" + id + "/network";
    assertThat(pods.network(id)).contains("*.a.example,b.example:443");
    assertThat(put(path, key, "{\"egress\":[]}").status()).isEqualTo(204);
    assertThat(pods.network(id)).contains("none");
    assertThat(put(path, key, "{\"egress\":[\"b.example\"]}").status()).isEqualTo(204);
    assertThat(pods.network(id)).contains("b.example");

    for (String bad :
        List.of("[\"10.0.0.1:443\"]", "[\"*\"]", "[\"\"]", "[null]", "[\"a.example/x\"]")) {
      Answer refused = put(path, key, "{\"egress\":" + bad + "}");
      assertThat(refused.status()).as(bad).isEqualTo(400);
      assertThat(refused.json().at("/error/param").asText()).isEqualTo("network.egress");
      assertThat(API.post("/v1/sandboxes", key, "{\"network\":{\"egress\":" + bad + "}}").status())
          .isEqualTo(400);
    }
    assertThat(put(path, API.userKey(API.tenant()), "{\"egress\":[]}").status()).isEqualTo(404);
    assertThat(pods.network(id)).as("nobody else changes it").contains("b.example");
    pods.apiAway(true);
    try {
      Answer away = put(path, key, "{}");
      assertThat(away.status()).isEqualTo(503);
      assertThat(away.errorCode()).isEqualTo("network_unchanged");
    } finally {
      pods.apiAway(false);
    }
    assertThat(put(path, key, "{}").status()).isEqualTo(204);
    assertThat(pods.network(id)).as("all that the policy allows").isEmpty();
    assertThat(pods.network(idOf(made()))).as("control: who asks for nothing").isEmpty();
  }

  private static Answer put(String path, RawKey by, String body) {
    return API.send("PUT", path, by, body, request -> {});
  }

  private static String idOf(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Test
  @DisplayName("SBX-4 a run is ended at its own limit, and the policy's bounds that")
  void timeouts() {
    String path = made();
    Answer late = API.post(path + "/exec", key, code("bash", "sleep 20", ",\"timeout\":1"));
    assertThat(late.json().at("/error/name").asText()).isEqualTo("TimeoutError");
    Answer refused = API.post(path + "/exec", key, code("bash", "true", ",\"timeout\":6"));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).contains("1 to 5 seconds");
  }

  @Test
  @DisplayName("SBX-9 a tool that the tenant may not use is refused, and nothing runs")
  void tools() {
    TestTenant narrow = API.operator().apply(TestTenant.create().withTools(List.of(Tool.PYTHON)));
    RawKey own = API.userKey(narrow);
    String path =
        "/v1/sandboxes/" + API.post("/v1/sandboxes", own, "{}").json().path("id").asText();
    Answer refused = API.post(path + "/exec", own, code("bash", "true", ""));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.errorCode()).isEqualTo("tool_not_allowed");
    assertThat(API.post(path + "/exec", own, code("python", "1", "")).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"language\":\"ruby\",\"code\":\"1\"}', language is python or bash",
    "'{}', code",
    "'{\"code\":1', ''"
  })
  void badRuns(String body, String word) {
    Answer refused = API.post(made() + "/exec", key, body);
    assertThat(refused.status()).as(refused.text()).isEqualTo(400);
    assertThat(refused.text()).contains(word);
  }

  @Test
  @DisplayName("TEN-3 a sandbox of somebody else does not exist")
  void others() {
    String path = made();
    RawKey stranger = API.userKey(API.tenant());
    assertThat(API.get(path, stranger).status()).isEqualTo(404);
    assertThat(API.post(path + "/exec", stranger, code("bash", "true", "")).status())
        .isEqualTo(404);
    assertThat(API.post(path + "/extend", stranger, "{\"timeout\":9}").status()).isEqualTo(404);
    assertThat(API.get("/v1/sandboxes/no-such", key).status()).isEqualTo(404);
  }

  private String made() {
    return "/v1/sandboxes/" + API.post("/v1/sandboxes", key, "{}").json().path("id").asText();
  }

  private Answer exec(String path, String language, String code) {
    return API.post(path + "/exec", key, code(language, code, ""));
  }

  private static String code(String language, String code, String more) {
    return "{\"language\":\"" + language + "\",\"code\":" + TestApi.quote(code) + more + "}";
  }
}
