package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Tool;
import dev.hermes.database.key.RawKey;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The agent loop over the real daemon. */
class ToolsIT {
  private static final String FORTY_TWO = "run\n```python\nprint(6*7)\n```";
  private static TestApi api;
  private static LocalPods pods;

  @BeforeAll
  static void start() {
    api = TestApi.shared();
    pods = api.context().getBean(LocalPods.class);
  }

  @Test
  @DisplayName(
      "AGW-8 SBX-14 a Python block runs in a sandbox, its output is told, a receipt remains")
  void python() {
    RawKey key = api.userKey(api.tenant());
    Answer answer = api.chat(key, ask("demo", FORTY_TWO));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.content()).isEqualTo("demo: the code printed:\n42\n");
    JsonNode receipt = api.get("/v1/execution-receipts", key).json().at("/data/0");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("tool").asText()).isEqualTo("python");
    assertThat(receipt.path("request_id").asText()).isEqualTo(answer.header("x-request-id"));
    assertThat(receipt.path("exit_code").asInt(-1)).isZero();
    assertThat(receipt.path("output_sha256").asText())
        .isEqualTo("084c799cd551dd1d8d5c5f9a5d593b2e931f5e36122ee5c793c1d08a19839cc0");
    assertThat(receipt.path("output_bytes").asInt()).isEqualTo(3);
    assertThat(receipt.path("sandbox").asText()).isNotEmpty();
  }

  @Test
  @DisplayName("the same in a stream, where usage is the sum of the model calls")
  void streamed() {
    RawKey key = api.userKey(api.tenant());
    Answer answer =
        api.chat(
            key,
            ask(
                "fake-python",
                "go",
                "\"stream\":true",
                "\"stream_options\":{\"include_usage\":true}"));
    assertThat(answer.streamedText()).isEqualTo("result: 42\n");
    assertThat(answer.chunks()).noneMatch(it -> it.at("/choices/0/delta").has("tool_calls"));
    assertThat(answer.chunks().getLast().at("/usage/total_tokens").asInt()).isEqualTo(36);
    assertThat(answer.events().getLast()).isEqualTo("[DONE]");
  }

  @Test
  @DisplayName("AGW-3 who asks for them sees the platform's tool calls in the stream, by call id")
  void events() {
    RawKey key = api.userKey(api.tenant());
    String ask = ask("fake-python", "go", "\"stream\":true");
    Answer answer = api.chat(key, ask, "X-Hermes-Events", "tools");
    List<JsonNode> events =
        answer.chunks().stream().map(it -> it.path("hermes")).filter(it -> !it.isEmpty()).toList();
    assertThat(events).hasSize(2);
    JsonNode started = events.get(0).path("tool.started");
    assertThat(started.path("call_id").asText()).isEqualTo("call_up");
    assertThat(started.path("name").asText()).isEqualTo("python");
    assertThat(started.path("arguments").asText()).contains("6*7");
    JsonNode ended = events.get(1).path("tool.ended");
    assertThat(ended.path("call_id").asText()).isEqualTo("call_up");
    assertThat(ended.path("output").asText()).isEqualTo("42\n");
    assertThat(ended.path("failed").asBoolean(true)).isFalse();
    assertThat(ended.path("duration_ms").isNumber()).isTrue();
    assertThat(answer.chunks().getFirst().at("/choices/0/delta/role").asText())
        .isEqualTo("assistant");
    assertThat(answer.streamedText()).isEqualTo("result: 42\n");
    assertThat(answer.events().getLast()).isEqualTo("[DONE]");

    assertThat(api.chat(key, ask).chunks()).as("unasked").noneMatch(it -> it.has("hermes"));
    assertThat(api.chat(key, ask, "X-Hermes-Events", "all").status()).isEqualTo(400);
    assertThat(api.chat(key, ask("fake-python", "go"), "X-Hermes-Events", "tools").text())
        .contains("set stream");
  }

  @Test
  @DisplayName("AGW-3 the same in a stream of responses, numbered with the rest")
  void responseEvents() {
    RawKey key = api.userKey(api.tenant());
    Answer answer =
        api.send(
            api.request("/v1/responses", key)
                .header("Content-Type", "application/json")
                .header("X-Hermes-Events", "tools")
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"fake-python\",\"input\":\"go\",\"stream\":true}"))
                .build());
    List<JsonNode> events = answer.chunks();
    assertThat(events.stream().map(it -> it.path("type").asText()))
        .containsSubsequence(
            "response.created",
            "hermes.tool.started",
            "hermes.tool.ended",
            "response.output_text.delta",
            "response.completed");
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).path("sequence_number").asInt()).isEqualTo(i);
    }
  }

  @Test
  @DisplayName("bash runs too; failing code is told with its error and exit code")
  void bash() {
    RawKey key = api.userKey(api.tenant());
    assertThat(api.chat(key, ask("demo", "```bash\necho out; echo err >&2; exit 3\n```")).content())
        .contains("out\n", "[stderr]\nerr", "[exit code 3]");
    assertThat(api.chat(key, ask("demo", "```python\n1/0\n```")).content())
        .contains("ZeroDivisionError");
    assertThat(statuses(key)).containsExactly("failed", "failed");
  }

  @Test
  @DisplayName("a forced call is forced once, so the loop ends")
  void forced() {
    RawKey key = api.userKey(api.tenant());
    Answer answer = api.chat(key, ask("fake-force", "go", "\"tool_choice\":\"required\""));
    assertThat(answer.content()).isEqualTo("result: 42\n");
    assertThat(api.upstream().lastRequest().has("tool_choice")).isFalse();
  }

  @Test
  @DisplayName("a session keeps its sandbox, its variables and files; another session has its own")
  void sandboxOfASession() {
    RawKey key = api.userKey(api.tenant());
    int before = pods.started();
    run(key, "s1", "x = 41");
    assertThat(run(key, "s1", "print(x + 1)")).contains("42");
    assertThat(pods.started() - before).isEqualTo(1);
    assertThat(run(key, "s2", "print(x)")).contains("NameError");
    assertThat(pods.started() - before).isEqualTo(2);
  }

  @Test
  @DisplayName("without a session the sandbox ends with the request")
  void released() {
    TestTenant tenant = api.tenant();
    api.chat(api.userKey(tenant), ask("demo", FORTY_TWO));
    org.awaitility.Awaitility.await().until(() -> leases(tenant).equals(List.of("closed")));
  }

  @Test
  @DisplayName("a pod that has gone, or whose address another has taken, is replaced once")
  void podGone() throws SQLException {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    run(key, "s", "x = 1");
    pods.kill(podOf(tenant));
    assertThat(run(key, "s", "print('new')")).contains("new");
    pods.replace(podOf(tenant));
    assertThat(run(key, "s", "print('newer')")).contains("newer");
    assertThat(leases(tenant)).containsExactly("closed", "closed", "active");
  }

  @Test
  @DisplayName("SBX-5 output is cut at the policy's limit and says so")
  void outputCut() {
    RawKey key = api.userKey(api.tenant());
    String content =
        api.chat(key, ask("demo", "```python\nprint('y' * 10_000_000)\n```")).content();
    assertThat(content.length()).isLessThan(60_000);
    assertThat(content).contains("cut");
    assertThat(api.get("/v1/execution-receipts", key).json().at("/data/0/truncated").asBoolean())
        .isTrue();
  }

  @Test
  @DisplayName("SBX-4 code that takes too long ends at the policy's limit, receipt says timeout")
  void timeout() {
    RawKey key = api.userKey(api.tenant());
    Answer answer = api.chat(key, ask("demo", "```python\nimport time\ntime.sleep(60)\n```"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.content()).contains("TimeoutError");
    assertThat(statuses(key)).containsExactly("timeout");
  }

  @Test
  @DisplayName(
      "SBX-9 a tool the tenant does not allow is not offered, and refused when called anyway")
  void notAllowed() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withTools(List.of(Tool.BASH)));
    RawKey key = api.userKey(tenant);
    Answer answer = api.chat(key, ask("fake-python", "go"));
    assertThat(answer.content()).contains("no tool named python");
    assertThat(statuses(key)).containsExactly("refused");
    assertThat(api.chat(key, ask("demo", FORTY_TWO)).content()).startsWith("demo: run");
  }

  @Test
  @DisplayName("a tenant without a policy has no tools")
  void noPolicy() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withPolicies(List.of()));
    RawKey key = api.userKey(tenant);
    assertThat(api.chat(key, ask("demo", FORTY_TWO)).content()).startsWith("demo: run");
  }

  @Test
  @DisplayName("SBX-12 a policy that has no sandbox now is 503 and says why")
  void unavailable() {
    TestTenant tenant =
        api.operator()
            .apply(
                TestTenant.create()
                    .withPolicies(
                        List.of(
                            TestTenant.policy(
                                TestTenant.limits(50), "RuntimeClass gvisor is missing"))));
    RawKey key = api.userKey(tenant);
    for (String stream : List.of("\"stream\":false", "\"stream\":true")) {
      Answer answer = api.chat(key, ask("demo", FORTY_TWO, stream));
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text()).contains("RuntimeClass gvisor is missing");
      assertThat(answer.header("Retry-After")).isEqualTo("10");
    }
    assertThat(statuses(key)).containsOnly("refused");
  }

  @Test
  @DisplayName("all sandboxes in use is 429 with Retry-After, and the next request works")
  void full() {
    TestTenant tenant = api.operator().apply(TestTenant.create().withMaxSandboxes(1));
    RawKey key = api.userKey(tenant);
    run(key, "holder", "x = 1");
    Answer answer = api.chat(key, ask("demo", FORTY_TWO));
    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.errorCode()).isEqualTo("sandboxes_in_use");
    assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1, 60);
    assertThat(run(key, "holder", "print(x)")).contains("1");
  }

  @Test
  @DisplayName("a used up quota of the namespace is 429 too, and leaves no lease behind")
  void quota() {
    TestTenant tenant = api.tenant();
    RawKey key = api.userKey(tenant);
    pods.quotaUsedUp(true);
    try {
      assertThat(api.chat(key, ask("demo", FORTY_TWO)).status()).isEqualTo(429);
    } finally {
      pods.quotaUsedUp(false);
    }
    assertThat(leases(tenant)).containsExactly("closed");
    assertThat(api.chat(key, ask("demo", FORTY_TWO)).status()).isEqualTo(200);
  }

  @Test
  @DisplayName("a quota used up by pods on their way out is waited for")
  void room() {
    RawKey key = api.userKey(api.tenant());
    pods.quotaUsedUp(true);
    CompletableFuture<Void> gone =
        CompletableFuture.runAsync(
            () -> pods.quotaUsedUp(false),
            CompletableFuture.delayedExecutor(700, TimeUnit.MILLISECONDS));
    try {
      assertThat(api.chat(key, ask("demo", FORTY_TWO)).status()).isEqualTo(200);
      assertThat(gone).as("it had to wait").isCompleted();
    } finally {
      pods.quotaUsedUp(false);
    }
  }

  @Test
  @DisplayName("AGW-8 a tool that is called for ever ends after 20 model calls with finish length")
  void loop() {
    RawKey key = api.userKey(api.tenant());
    Answer answer = api.chat(key, ask("demo", "[[loop]]"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(answer.json().at("/hermes/limit").asText()).isEqualTo("model_calls");
    assertThat(api.get("/v1/execution-receipts?limit=100", key).json().path("data")).hasSize(20);
    JsonNode usage = api.get("/v1/usage", key).json().at("/data/0");
    assertThat(usage.path("tool_calls").asInt()).isEqualTo(20);
    assertThat(usage.path("requests").asInt()).isEqualTo(1);
  }

  @Test
  @DisplayName("SBX-10 the policy's tool calls a request are a limit, streamed or not")
  void toolCallLimit() {
    TestTenant tenant =
        api.operator()
            .apply(
                TestTenant.create()
                    .withPolicies(List.of(TestTenant.policy(TestTenant.limits(3), null))));
    RawKey key = api.userKey(tenant);
    Answer answer = api.chat(key, ask("demo", "[[loop]]", "\"stream\":true"));
    JsonNode last = answer.chunks().getLast();
    assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(last.at("/hermes/limit").asText()).isEqualTo("tool_calls");
    assertThat(answer.events().getLast()).isEqualTo("[DONE]");
    assertThat(statuses(key)).containsExactly("succeeded", "succeeded", "succeeded");
  }

  @Test
  @DisplayName("two blocks are two calls of one answer")
  void twoCalls() {
    RawKey key = api.userKey(api.tenant());
    assertThat(
            api.chat(key, ask("demo", "```python\nprint(1)\n```\n```bash\necho 2\n```")).content())
        .isEqualTo("demo: the code printed:\n1\n\n2\n");
    assertThat(statuses(key)).hasSize(2);
  }

  private static String run(RawKey key, String session, String code) {
    Answer answer =
        api.chat(key, ask("demo", "```python\n" + code + "\n```"), "X-Hermes-Session-Id", session);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.content();
  }

  private static List<String> statuses(RawKey key) {
    return api.get("/v1/execution-receipts", key).json().path("data").findValuesAsText("status");
  }

  private static List<String> leases(TestTenant tenant) {
    return column("state", tenant);
  }

  private static String podOf(TestTenant tenant) {
    return column("pod_name", tenant).getLast();
  }

  private static List<String> column(String column, TestTenant tenant) {
    return api.column(
        "select "
            + column
            + " from hermes.sandbox_leases where tenant_id = '"
            + tenant.id()
            + "' order by lease_id");
  }
}
