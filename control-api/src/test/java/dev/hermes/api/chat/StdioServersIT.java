package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static dev.hermes.api.testing.TestApi.quote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.sandbox.LocalPods;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeMcpServer;
import dev.hermes.api.testing.StdioServer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.effective.EffectivePolicy;
import dev.hermes.crds.sandboxpolicy.SandboxPolicySpec;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.key.RawKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tools of MCP servers that run in the turn's sandbox, over the real daemon. */
class StdioServersIT {
  private static final TestApi API = TestApi.shared();
  private static final String SESSION = "X-Hermes-Session-Id";

  private final LocalPods pods = API.context().getBean(LocalPods.class);
  private final StdioServer server =
      new StdioServer("", "say", "fail", "slow", "count", "read", "env", "crash", "flood");
  private final TestTenant tenant = with(server.named("words"));
  private final RawKey key = API.userKey(tenant);
  private int before;

  @BeforeEach
  void count() {
    before = pods.started();
  }

  private static TestTenant with(TenantSpec.McpServer... servers) {
    return API.operator().apply(TestTenant.create().withMcpServers(servers));
  }

  private int started() {
    return pods.started() - before;
  }

  @Test
  @DisplayName(
      "AGW-8 SBX-1 AUD-2 a model calls a tool whose server runs in a sandbox; receipt, audit")
  void call() {
    Answer answer = API.chat(key, ask("fake-tool", "words_say {\"word\":\"hi\"}"));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.content()).isEqualTo("result: say says hi");
    assertThat(API.upstream().lastTools()).contains("words_say", "python");

    JsonNode receipt = receipt(key);
    assertThat(receipt.path("tool").asText()).isEqualTo("words_say");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("policy").asText()).isEqualTo("default");
    assertThat(leases("lease_id", tenant)).contains(receipt.path("sandbox").asText());
    assertThat(
            API.column(
                "select detail->>'receipt' from hermes.audit_log where action = 'tool.execute'"
                    + " and object = 'words_say' and tenant_id = '"
                    + tenant.id()
                    + "'"))
        .containsExactly(receipt.path("id").asText());
    await().until(() -> server.alive() == 0);
    await().until(() -> leases("state", tenant).stream().allMatch("closed"::equals));
    assertThat(server.refusals()).isEmpty();
  }

  @Test
  @DisplayName("AGW-8 calls of a turn share process and sandbox with its other tools' calls")
  void shared() {
    String calls =
        """
        [["words_count", {}],
         ["python", {"code": "open('note', 'w').write('from python')"}],
         ["words_read", {"word": "note"}],
         ["words_count", {}]]
        """;
    String[] results = API.chat(key, ask("fake-calls", calls)).content().split("\n--\n");
    assertThat(results[0]).startsWith("call 1 of ");
    assertThat(results[2]).isEqualTo("from python");
    assertThat(results[3]).isEqualTo(results[0].replace("call 1", "call 2"));
    assertThat(sandboxes(key, 4)).hasSize(1);
    assertThat(server.count("initialize")).as("a list, and a turn").isEqualTo(2);
    assertThat(started()).as("a list, and a turn").isEqualTo(2);
  }

  @Test
  @DisplayName("AGW-8 a session's next turn has its files, and a process of its own")
  void session() {
    String write = "words_count";
    String first = API.chat(key, ask("fake-tool", write), SESSION, "s").content();
    await().until(() -> server.alive() == 0);
    assertThat(server.count("ends")).as("its input was ended").isGreaterThanOrEqualTo(1);
    String second = API.chat(key, ask("fake-tool", write), SESSION, "s").content();
    assertThat(first).startsWith("result: call 1 of ");
    assertThat(second).startsWith("result: call 1 of ").isNotEqualTo(first);
    assertThat(sandboxes(key, 2)).hasSize(1);

    pods.kill(leases("pod_name", tenant).getLast());
    assertThat(API.chat(key, ask("fake-tool", "words_say"), SESSION, "s").content())
        .as("a pod that has gone is replaced")
        .isEqualTo("result: say says nothing");
    assertThat(sandboxes(key, 3)).hasSize(2);
  }

  @Test
  @DisplayName("AGW-8 a list is asked for once, by many at once, in a sandbox that is deleted")
  void listed() {
    List<CompletableFuture<Answer>> turns = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      turns.add(CompletableFuture.supplyAsync(() -> API.chat(key, ask("fake-echo", "x"))));
    }
    turns.forEach(it -> assertThat(it.join().status()).isEqualTo(200));
    API.chat(key, ask("fake-echo", "x"));
    assertThat(API.upstream().lastTools()).contains("words_say");
    assertThat(started()).isEqualTo(1);
    assertThat(server.processes()).isEqualTo(1);
    await().until(() -> server.alive() == 0);
    await().until(() -> leases("state", tenant).equals(List.of("closed")));

    RawKey other = API.userKey(with(server.named("words")));
    API.chat(other, ask("fake-echo", "x"));
    assertThat(server.processes()).as("another tenant's list is another").isEqualTo(2);
  }

  @Test
  @DisplayName("TEN-1 no list comes from a sandbox in which a user's code has run")
  void listedApart() {
    TestTenant plain = API.tenant();
    RawKey own = API.userKey(plain);
    API.chat(own, ask("fake-tool", "python {\"code\":\"1\"}"), SESSION, "s");
    API.operator().apply(plain.withMcpServers(server.named("words")));
    await()
        .until(() -> {
          API.chat(own, ask("fake-echo", "x"), SESSION, "s");
          return API.upstream().lastTools().contains("words_say");
        });
    assertThat(leases("state", plain)).hasSize(2).contains("active");
  }

  @Test
  @DisplayName("a server that cannot be listed costs its own tools and nothing else, for a while")
  void notListed() {
    StdioServer dead = new StdioServer("dies", "say");
    RawKey own = API.userKey(with(dead.named("dead"), server.named("words")));
    for (int i = 0; i < 2; i++) {
      assertThat(API.chat(own, ask("fake-tool", "words_say")).content())
          .isEqualTo("result: say says nothing");
      assertThat(API.upstream().lastTools()).noneMatch(it -> it.startsWith("dead_"));
    }
    assertThat(dead.processes()).isEqualTo(1);

    TenantSpec.McpServer absent =
        TenantSpec.McpServer.run("absent", List.of("/no/such"), List.of(), List.of(), 5);
    RawKey none = API.userKey(with(absent));
    API.chat(none, ask("fake-echo", "x"));
    assertThat(API.upstream().lastTools()).contains("python");
  }

  @Test
  @DisplayName("what is both, or a command with a credential, is neither asked nor run")
  void form() {
    try (FakeMcpServer http = new FakeMcpServer("", "look")) {
      TenantSpec.McpServer program = server.named("words");
      TenantSpec.McpServer url = http.named("http");
      RawKey own =
          API.userKey(
              with(
                  form("both", url.url(), program, null),
                  form("none", null, url, null),
                  form("secret", null, program, "token"),
                  url));
      API.chat(own, ask("fake-echo", "x"));
      assertThat(API.upstream().lastTools())
          .contains("http_look")
          .noneMatch(it -> it.matches("(both|none|secret)_.*"));
      assertThat(server.heard()).isEmpty();
      assertThat(started()).isZero();
    }
  }

  private static TenantSpec.McpServer form(
      String name, String url, TenantSpec.McpServer like, String credential) {
    return new TenantSpec.McpServer(name, url, like.command(), List.of(), List.of(), credential, 5);
  }

  @Test
  @DisplayName("SBX-9 without a policy, or where it allows no sandbox, nothing is offered or run")
  void noSandbox() {
    TestTenant none =
        API.operator()
            .apply(
                TestTenant.create().withPolicies(List.of()).withMcpServers(server.named("words")));
    EffectivePolicy off = TestTenant.policy(TestTenant.limits(50), "switched off");
    TestTenant closed =
        API.operator()
            .apply(
                TestTenant.create()
                    .withPolicies(List.of(off))
                    .withMcpServers(server.named("words")));
    for (TestTenant each : List.of(none, closed)) {
      Answer answer =
          API.chat(API.userKey(each), ask("fake-tool", "words_say"), SESSION, "remembers");
      assertThat(answer.content())
          .isEqualTo("result: error: there is no tool named words_say here");
      assertThat(API.upstream().lastTools())
          .contains("memory")
          .noneMatch(it -> it.startsWith("words_"));
    }
    RawKey reader =
        API.operator().key(tenant, List.of(Role.USER), List.of(Scope.READ, Scope.WRITE));
    assertThat(API.chat(reader, ask("fake-tool", "words_say")).status()).isEqualTo(403);
    assertThat(server.heard()).isEmpty();
    assertThat(started()).isZero();
    API.chat(key, ask("fake-echo", "control"));
    assertThat(API.upstream().lastTools()).contains("words_say");
  }

  @Test
  @DisplayName("SBX-9 a policy that closes takes the tools away, though their list is known")
  void closes() {
    API.chat(key, ask("fake-echo", "x"));
    assertThat(API.upstream().lastTools()).contains("words_say");
    API.operator()
        .apply(
            tenant.withPolicies(
                List.of(TestTenant.policy(TestTenant.limits(50), "the kernel is unproven"))));
    await()
        .until(() -> {
          API.chat(key, ask("fake-echo", "x"));
          return !API.upstream().lastTools().contains("words_say");
        });
    assertThat(API.chat(key, ask("fake-tool", "words_say")).content())
        .contains("there is no tool named words_say");
  }

  @Test
  @DisplayName("a tenant that has all its sandboxes in use is told as of any other tool")
  void full() {
    TestTenant one =
        API.operator()
            .apply(TestTenant.create().withMaxSandboxes(1).withMcpServers(server.named("words")));
    RawKey own = API.userKey(one);
    API.chat(own, ask("fake-echo", "the list"));
    assertThat(API.upstream().lastTools()).contains("words_say");
    await().until(() -> leases("state", one).equals(List.of("closed")));
    API.chat(own, ask("fake-tool", "python {\"code\":\"1\"}"), SESSION, "holds");
    Answer answer = API.chat(own, ask("fake-tool", "words_say"));
    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.text()).contains("sandboxes_in_use");
    JsonNode receipt = receipt(own);
    assertThat(receipt.path("tool").asText()).isEqualTo("words_say");
    assertThat(receipt.path("status").asText()).isEqualTo("refused");
    assertThat(receipt.path("sandbox").asText()).isEmpty();

    TestTenant late =
        API.operator().apply(TestTenant.create().withMaxSandboxes(1).withMcpServers());
    RawKey another = API.userKey(late);
    API.chat(another, ask("fake-tool", "python {\"code\":\"1\"}"), SESSION, "holds");
    API.operator().apply(late.withMcpServers(server.named("words")));
    await()
        .until(() -> {
          API.chat(another, ask("fake-echo", "x"), "X-Hermes-Tools", "python");
          return API.chat(another, ask("fake-echo", "x"), "X-Hermes-Tools", "words_say").status()
              == 200;
        });
    assertThat(API.upstream().lastTools()).as("no sandbox to list it in").isEmpty();
  }

  @ParameterizedTest
  @DisplayName("AGW-8 a server that goes wrong is told of, and the next call starts it anew")
  @CsvSource({
    "crash, 'its program has ended: exit status 3\n[stderr]\n', failed",
    "flood, it said more than 1 MiB that nobody asked for, failed",
  })
  void wrong(String tool, String words, String status) {
    String calls = "[[\"words_%s\", {\"word\": \"it\"}], [\"words_count\", {}]]".formatted(tool);
    String[] results = API.chat(key, ask("fake-calls", calls)).content().split("\n--\n");
    assertThat(results[0]).startsWith("error: the tool server words failed: " + words);
    assertThat(results[1]).startsWith("call 1 of ");
    assertThat(sandboxes(key, 2)).hasSize(1);
    assertThat(receipt(key, 1).path("status").asText()).isEqualTo(status);
    await().until(() -> server.alive() == 0);
  }

  @Test
  @DisplayName("SBX-4 a call is bounded by the policy's time as well as by the server's")
  void slow() {
    SandboxPolicySpec.Limits two = new SandboxPolicySpec.Limits(51200, 10240, 50, 2, 300, 3600, 16);
    TestTenant bounded =
        API.operator()
            .apply(
                TestTenant.create()
                    .withPolicies(List.of(TestTenant.policy(two, null)))
                    .withMcpServers(server.named("words", 60)));
    RawKey own = API.userKey(bounded);
    assertThat(API.chat(own, ask("fake-tool", "words_slow")).content())
        .isEqualTo("result: error: the tool server words failed: it did not answer within 2 s");
    assertThat(receipt(own).path("status").asText()).isEqualTo("timeout");
    assertThat(API.chat(key, ask("fake-tool", "words_slow")).content())
        .endsWith("it did not answer within 3 s");
    assertThat(API.chat(key, ask("fake-tool", "words_fail")).content())
        .isEqualTo("result: that word is not allowed");
    assertThat(receipt(key).path("status").asText()).isEqualTo("failed");
    assertThat(API.chat(key, ask("fake-tool", "words_say [1]")).content())
        .isEqualTo("result: error: the arguments must be a JSON object");
  }

  @Test
  @DisplayName("a turn that is aborted ends a call and the process; its server is told")
  void aborted() throws Exception {
    RawKey own = API.userKey(with(server.named("words", 60)));
    API.chat(own, ask("fake-echo", "the list"));
    long lists = server.processes();
    CompletableFuture<Answer> turn =
        CompletableFuture.supplyAsync(
            () -> API.chat(own, ask("fake-tool", "words_slow"), SESSION, "stdio"));
    await().until(() -> server.count("tools/call") == 1);
    Answer abort = API.post("/v1/chat/abort", own, "{\"session_id\":\"stdio\"}");
    assertThat(abort.json().path("status").asText()).as(abort.text()).isEqualTo("aborted");
    turn.get(10, TimeUnit.SECONDS);
    await().until(() -> server.count("notifications/cancelled") == 1);
    await().until(() -> server.alive() == 0);
    assertThat(server.processes()).isEqualTo(lists + 1);
  }

  @Test
  @DisplayName("SBX-6 its environment is the sandbox's and the Tenant's, without a token of ours")
  void environment() {
    String ask =
        "words_env " + "{\"word\":" + quote("GREETING HERMES_TOKEN HERMES_URL POD_UID") + "}";
    TestTenant called =
        API.operator()
            .apply(TestTenant.create().withCallback(true).withMcpServers(server.named("words")));
    RawKey own = API.userKey(called);
    assertThat(API.chat(own, ask("fake-tool", ask)).content())
        .isEqualTo("result: hello none none none");
    String code = "python {\"code\":\"import os; print('HERMES_TOKEN' in os.environ)\"}";
    assertThat(API.chat(own, ask("fake-tool", code)).content())
        .as("control: a run of the model's code has one")
        .isEqualTo("result: True\n");
  }

  @Test
  @DisplayName("SBX-14 clients of our own MCP server have them as well")
  void served() {
    String list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
    JsonNode tools = API.post("/mcp", key, list).json().at("/result/tools");
    assertThat(tools.findValuesAsText("name")).contains("python", "words_say");
    String call =
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":"
            + "{\"name\":\"words_say\",\"arguments\":{\"word\":\"hi\"}}}";
    assertThat(API.post("/mcp", key, call).json().at("/result/content/0/text").asText())
        .isEqualTo("say says hi");
    await().until(() -> server.alive() == 0);
  }

  private static JsonNode receipt(RawKey key) {
    return receipt(key, 0);
  }

  /**
   * @param back so many before the last
   */
  private static JsonNode receipt(RawKey key, int back) {
    return API.get("/v1/execution-receipts", key).json().at("/data/" + back);
  }

  /** Those that the last calls ran in. */
  private static List<String> sandboxes(RawKey key, int calls) {
    List<String> found = new ArrayList<>();
    API.get("/v1/execution-receipts?limit=" + calls, key)
        .json()
        .path("data")
        .forEach(it -> found.add(it.path("sandbox").asText()));
    assertThat(found).hasSize(calls).doesNotContain("");
    return found.stream().distinct().toList();
  }

  private static List<String> leases(String column, TestTenant of) {
    return API.column(
        "select "
            + column
            + " from hermes.sandbox_leases where tenant_id = '"
            + of.id()
            + "' order by created_at");
  }
}
