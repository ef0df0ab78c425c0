package dev.hermes.api.chat;

import static dev.hermes.api.testing.TestApi.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.FakeMcpServer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Role;
import dev.hermes.crds.Scope;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.database.key.RawKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tools of a tenant's MCP servers in the agent loop. */
class McpServersIT {
  private static final TestApi API = TestApi.shared();

  private final FakeMcpServer fake =
      new FakeMcpServer(FakeMcpServer.TOKEN, "say", "fail", "slow", "other");
  private final TestTenant tenant = with(fake.named("words"));
  private final RawKey key = API.userKey(tenant);

  @AfterEach
  void close() {
    fake.close();
  }

  private static TestTenant with(TenantSpec.McpServer... servers) {
    return API.operator().apply(TestTenant.create().withMcpServers(servers));
  }

  @Test
  @DisplayName("AGW-8 AUD-2 a model calls a tool of the tenant's server; receipt and audit remain")
  void call() {
    Answer answer = API.chat(key, ask("fake-tool", "words_say {\"word\":\"hi\"}"));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.content()).isEqualTo("result: say says hi");
    JsonNode function = offered().getFirst().path("function");
    assertThat(function.path("description").asText()).isEqualTo("Does say");
    assertThat(function.at("/parameters/properties/word/type").asText()).isEqualTo("string");

    JsonNode receipt = API.get("/v1/execution-receipts", key).json().at("/data/0");
    assertThat(receipt.path("tool").asText()).isEqualTo("words_say");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("request_id").asText()).isEqualTo(answer.header("x-request-id"));
    assertThat(receipt.path("policy").asText() + receipt.path("sandbox").asText()).isEmpty();
    assertThat(
            API.column(
                "select detail->>'receipt' from hermes.audit_log where action = 'tool.execute'"
                    + " and object = 'words_say' and tenant_id = '"
                    + tenant.id()
                    + "'"))
        .containsExactly(receipt.path("id").asText());
    await().until(() -> fake.openSessions() == 0);
    assertThat(fake.refusals()).isEmpty();
  }

  @Test
  @DisplayName("a turn asks for no list that is known, and begins one session for all its calls")
  void cost() {
    API.chat(key, ask("fake-echo", "one"));
    API.chat(key, ask("fake-echo", "two"));
    assertThat(fake.count("tools/list")).as("pages of one list").isEqualTo(2);
    assertThat(fake.count("initialize")).isEqualTo(1);
    API.chat(key, ask("fake-tool", "words_say"));
    assertThat(fake.count("initialize")).isEqualTo(2);
  }

  @Test
  @DisplayName("AGW-8 what went wrong at the server is told to the model, and the turn goes on")
  void failures() {
    assertThat(API.chat(key, ask("fake-tool", "words_fail")).content())
        .isEqualTo("result: that word is not allowed");
    assertThat(status()).isEqualTo("failed");
    assertThat(API.chat(key, ask("fake-tool", "words_slow")).content())
        .isEqualTo("result: error: the tool server words failed: it did not answer within 2 s");
    assertThat(status()).isEqualTo("timeout");
    assertThat(API.chat(key, ask("fake-tool", "words_say [1]")).content())
        .isEqualTo("result: error: the arguments must be a JSON object");
    fake.down(500);
    assertThat(API.chat(key, ask("fake-tool", "words_say")).content())
        .isEqualTo("result: error: the tool server words failed: it answered HTTP 500");
  }

  @Test
  @DisplayName("AGW-8 a server that is away costs its own tools and nothing else")
  void away() {
    fake.down(503);
    FakeMcpServer there = new FakeMcpServer("", "look");
    try (there) {
      TestTenant both = with(fake.named("away"), there.named("there"));
      RawKey own = API.userKey(both);
      Answer answer = API.chat(own, ask("fake-tool", "there_look"));
      assertThat(answer.content()).isEqualTo("result: look says nothing");
      assertThat(API.upstream().lastTools())
          .contains("there_look", "python")
          .noneMatch(it -> it.startsWith("away_"));
    }
  }

  @Test
  @DisplayName("TEN-1 TEN-6 a tenant is offered no tool of another's server, and calls none")
  void isolation() {
    API.chat(key, ask("fake-echo", "control"));
    assertThat(API.upstream().lastTools()).contains("words_say");
    RawKey foreign = API.userKey(API.tenant());
    long before = fake.headers().size();
    Answer answer = API.chat(foreign, ask("fake-tool", "words_say"));
    assertThat(answer.content()).isEqualTo("result: error: there is no tool named words_say here");
    assertThat(API.upstream().lastTools())
        .contains("python")
        .noneMatch(it -> it.startsWith("words_"));
    assertThat(fake.headers()).hasSize((int) before);
  }

  @Test
  @DisplayName("AGW-8 a request narrows: none, by name, by tool_choice; an allow-list bounds it")
  void narrowed() {
    String ask = ask("fake-echo", "x");
    API.chat(key, ask);
    assertThat(API.upstream().lastTools()).contains("words_say", "words_other", "python");
    API.chat(key, ask, "X-Hermes-Tools", "words_say, bash");
    assertThat(API.upstream().lastTools()).containsExactly("bash", "words_say");
    API.chat(key, ask, "X-Hermes-Tools", "words_gone");
    assertThat(API.upstream().lastTools()).isEmpty();
    API.chat(key, ask, "X-Hermes-Tools", "none");
    assertThat(API.upstream().lastTools()).isEmpty();
    Answer wrong = API.chat(key, ask, "X-Hermes-Tools", "other_say");
    assertThat(wrong.status()).isEqualTo(400);
    assertThat(wrong.text()).contains("words_<tool>");
    API.chat(key, ask("fake-echo", "x", "\"tool_choice\":\"none\""));
    assertThat(API.upstream().lastTools()).isEmpty();

    RawKey bounded = API.userKey(with(fake.named("words", "other")));
    API.chat(bounded, ask);
    assertThat(API.upstream().lastTools()).contains("words_other").doesNotContain("words_say");
  }

  @Test
  @DisplayName("AGW-8 without the scope execute no server is asked for anything")
  void scope() {
    RawKey reader =
        API.operator().key(tenant, List.of(Role.USER), List.of(Scope.READ, Scope.WRITE));
    assertThat(API.chat(reader, ask("fake-tool", "words_say")).status()).isEqualTo(403);
    assertThat(fake.headers()).isEmpty();
    API.chat(key, ask("fake-echo", "control"));
    assertThat(API.upstream().lastTools()).contains("words_say");
  }

  @Test
  @DisplayName("a client's own function stands in front of a tool of that name")
  void clientFirst() {
    String tools =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"words_say\",\"parameters\":{}}}]";
    Answer answer = API.chat(key, ask("fake-client-tool", "x", tools));
    assertThat(answer.json().at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(API.upstream().lastTools()).containsOnlyOnce("words_say").contains("words_other");
    assertThat(fake.count("tools/call")).isZero();
  }

  @Test
  @DisplayName("a turn that is aborted ends a call, and its server is told")
  void aborted() throws Exception {
    FakeMcpServer slow = new FakeMcpServer("", "slow");
    try (slow) {
      TenantSpec.McpServer named = slow.named("words");
      TenantSpec.McpServer patient =
          TenantSpec.McpServer.at(named.name(), named.url(), List.of(), null, 60);
      RawKey own = API.userKey(with(patient));
      CompletableFuture<Answer> turn =
          CompletableFuture.supplyAsync(
              () -> API.chat(own, ask("fake-tool", "words_slow"), "X-Hermes-Session-Id", "mcp"));
      await().until(() -> slow.count("tools/call") == 1);
      Answer abort = API.post("/v1/chat/abort", own, "{\"session_id\":\"mcp\"}");
      assertThat(abort.json().path("status").asText()).as(abort.text()).isEqualTo("aborted");
      turn.get(10, TimeUnit.SECONDS);
      await().until(() -> slow.count("notifications/cancelled") == 1);
    }
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
  }

  private String status() {
    return API.get("/v1/execution-receipts?limit=1", key).json().at("/data/0/status").asText();
  }

  private static List<JsonNode> offered() {
    List<JsonNode> remote = new ArrayList<>();
    API.upstream()
        .lastRequest()
        .path("tools")
        .forEach(tool -> {
          if (tool.at("/function/name").asText().contains("_")) {
            remote.add(tool);
          }
        });
    return remote;
  }
}
