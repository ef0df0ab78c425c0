package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input gets an error that says what to do, and the next request works. */
class BadInputE2E {
  private final Api api = Api.quickstart();

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "malformed JSON | {\"model\":  | 400",
        "no messages | {\"model\":\"demo\"} | 400",
        "messages of the wrong type | {\"model\":\"demo\",\"messages\":\"hi\"} | 400",
        "unknown model | {\"model\":\"gpt-0\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]} | 404",
        "unknown role | {\"model\":\"demo\",\"messages\":[{\"role\":\"king\",\"content\":\"hi\"}]} | 400",
        "tool without a call | {\"model\":\"demo\",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"hi\"}]} | 400"
      })
  @DisplayName("API hybrid errors")
  void badBodies(String name, String body, int status) {
    var answer = api.post("/v1/chat/completions", body).expect(status);
    assertThat(answer.json().at("/error/message").asText()).isNotBlank();
    assertThat(answer.json().get("status").asInt()).isEqualTo(status);
    assertThat(answer.headers()).containsKey("x-request-id");
    api.chat("", "hi").expect(200);
  }

  @Test
  @DisplayName("SEC an oversized body is refused with 413")
  void oversized() {
    var answer = api.chat("", "x".repeat(8 << 20));
    assertThat(answer.status()).isEqualTo(413);
    api.chat("", "hi").expect(200);
  }

  @Test
  @DisplayName("IAM-1 bad keys are refused alike")
  void badKeys() {
    var key = api.key();
    var flipped = key.substring(0, key.length() - 1) + (key.endsWith("A") ? "B" : "A");
    for (var bad :
        new String[] {"", "x", flipped, "hx_live_" + "0".repeat(61), "sk-" + "a".repeat(40)}) {
      var answer = new Api(api.url(), bad).get("/v1/me").expect(401);
      assertThat(answer.json().at("/error/code").asText()).isEqualTo("invalid_api_key");
      assertThat(answer.body()).doesNotContain(key);
    }
    api.get("/v1/me").expect(200);
  }

  @Test
  @DisplayName("404, 405 and 415 are hybrid errors too")
  void otherPaths() {
    for (var answer :
        new Api.Answer[] {
          api.get("/v1/none").expect(404), api.get("/v1/chat/completions").expect(405)
        }) {
      assertThat(answer.json().at("/error/message").asText()).isNotBlank();
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "negative timeout | sandboxpolicies | {\"limits\":{\"execTimeoutSeconds\":-1}} | spec.limits.execTimeoutSeconds",
        "timeout above the cap | sandboxpolicies | {\"limits\":{\"execTimeoutSeconds\":121}} | spec.limits.execTimeoutSeconds",
        "unknown tool | sandboxpolicies | {\"tools\":[\"perl\"]} | spec.tools",
        "field of a later release | sandboxpolicies | {\"network\":{\"egress\":{}}} | network",
        "warm above max | sandboxpolicies | {\"pool\":{\"warm\":5,\"max\":2}} | lower warm or raise max",
        "isolation there is not | tenants | {\"database\":{\"isolation\":\"Private\"}} | spec.database.isolation",
        "Dedicated without its Secret | tenants | {\"database\":{\"isolation\":\"Dedicated\"}} | database.secretRef goes with database.isolation: Dedicated",
        "a Secret without Dedicated | tenants | {\"database\":{\"secretRef\":{\"name\":\"a\"}}} | database.secretRef goes with database.isolation: Dedicated",
        "default model not allowed | tenants | {\"models\":{\"allow\":[\"a\"],\"default\":\"b\"}} | models.default is not in models.allow"
      })
  @DisplayName("K8S-1 kubectl apply names the field")
  void badResources(String name, String plural, String spec, String expected) {
    assertThat(apply(plural, "bad-input", spec)).contains(expected);
  }

  @Test
  @DisplayName("K8S-1 a name that cannot become a namespace is refused with the rule")
  void badName() {
    assertThat(apply("tenants", "9-lives", "{}")).contains("starts with a lower-case letter");
    assertThat(apply("tenants", "nine-lives", "{}")).as("control").isEmpty();
  }

  private static String apply(String plural, String name, String spec) {
    var kind = plural.equals("tenants") ? "Tenant" : "SandboxPolicy";
    var body =
        "{\"apiVersion\":\"hermes.dev/v1alpha1\",\"kind\":\""
            + kind
            + "\",\"metadata\":{\"name\":\""
            + name
            + "\"},\"spec\":"
            + spec
            + "}";
    try {
      Cluster.get()
          .admin()
          .raw(
              "/apis/hermes.dev/v1alpha1/" + plural + "?dryRun=All&fieldValidation=Strict",
              "POST",
              body);
      return "";
    } catch (KubernetesClientException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
