package dev.hermes.api.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hermes.api.testing.Answer;
import dev.hermes.api.testing.TestApi;
import dev.hermes.api.testing.TestTenant;
import dev.hermes.crds.Tool;
import dev.hermes.database.key.RawKey;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wire of MCP; the official client is tried end to end. */
class McpIT {
  private static final TestApi API = TestApi.shared();

  private final TestTenant tenant = API.tenant();
  private final RawKey key = API.userKey(tenant);

  @Test
  @DisplayName("SBX-14 initialize, list, call: variables stay in the session, not beyond it")
  void session() {
    Answer begun =
        send(
            key,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}}");
    assertThat(begun.json().at("/result/protocolVersion").asText()).isEqualTo("2025-06-18");
    assertThat(begun.json().at("/result/capabilities/tools").isObject()).isTrue();
    String session = begun.header("Mcp-Session-Id");
    assertThat(session).isNotEmpty();
    assertThat(send(key, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}").status())
        .isEqualTo(202);

    JsonNode tools = send(key, request("tools/list", "{}")).json().at("/result/tools");
    assertThat(tools.findValuesAsText("name")).containsExactly("python", "bash", "memory");
    assertThat(tools.at("/0/inputSchema/required/0").asText()).isEqualTo("code");

    call(session, "python", "{\"code\":\"x = 41\"}");
    JsonNode kept = call(session, "python", "{\"code\":\"x + 1\"}");
    assertThat(kept.at("/result/content/0/text").asText()).isEqualTo("42");
    assertThat(kept.at("/result/isError").asBoolean()).isFalse();
    JsonNode elsewhere = call("mcp-other", "python", "{\"code\":\"x\"}");
    assertThat(elsewhere.at("/result/content/0/text").asText()).contains("NameError");
    assertThat(elsewhere.at("/result/isError").asBoolean()).isTrue();
  }

  @Test
  @DisplayName("SBX-14 AUD-2 a call has a receipt")
  void receipt() {
    call("mcp-receipt", "bash", "{\"command\":\"echo hi\"}");
    JsonNode receipt = API.get("/v1/execution-receipts?limit=1", key).json().at("/data/0");
    assertThat(receipt.path("tool").asText()).isEqualTo("bash");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("session_id").asText()).isEqualTo("mcp-receipt");
  }

  @Test
  @DisplayName("SBX-9 a tool that the tenant may not use is neither listed nor called")
  void narrow() {
    TestTenant only = API.operator().apply(TestTenant.create().withTools(List.of(Tool.PYTHON)));
    RawKey own = API.userKey(only);
    assertThat(
            send(own, request("tools/list", "{}"))
                .json()
                .at("/result/tools")
                .findValuesAsText("name"))
        .containsExactly("python", "memory");
    JsonNode refused =
        send(own, request("tools/call", "{\"name\":\"bash\",\"arguments\":{\"command\":\"id\"}}"))
            .json();
    assertThat(refused.at("/error/code").asInt()).isEqualTo(-32602);
    assertThat(refused.at("/error/message").asText()).contains("bash");
  }

  @Test
  @DisplayName(
      "SBX-14 the tool files: text written is read, listed, removed; what goes wrong is told")
  void files() {
    TestTenant wide =
        API.operator().apply(TestTenant.create().withTools(List.of(Tool.FILES, Tool.PYTHON)));
    RawKey own = API.userKey(wide);
    JsonNode tools = send(own, request("tools/list", "{}")).json().at("/result/tools");
    assertThat(tools.at("/1/name").asText()).isEqualTo("files");
    assertThat(tools.at("/1/inputSchema/properties/action/enum")).hasSize(4);

    assertThat(file(own, "write", "a/n\u00f6te.txt", ",\"content\":\"gr\u00fcn\\n\""))
        .isEqualTo("wrote 6 bytes to a/n\u00f6te.txt");
    assertThat(file(own, "read", "./a/n\u00f6te.txt", "")).isEqualTo("gr\u00fcn\n");
    assertThat(file(own, "list", "a", "")).isEqualTo("n\u00f6te.txt  6");
    assertThat(file(own, "remove", "a", "")).isEqualTo("removed a");
    assertThat(file(own, "read", "a/n\u00f6te.txt", "")).startsWith("FileError: ");
    assertThat(file(own, "read", "/proc/self/environ", "")).startsWith("FileError: ");
    assertThat(file(own, "write", "b", "")).isEqualTo("error: write needs the text as \"content\"");
    assertThat(file(own, "eat", "b", "")).startsWith("error: the arguments must be");

    String python = "open('big','w').write('\u00e9'*30000); open('raw','wb').write(bytes([255,0]))";
    run(own, "python", "{\"code\":" + TestApi.quote(python) + "}");
    // a limit of 51,200 bytes falls between two characters of two bytes each or into one
    String big = file(own, "read", "big", "");
    assertThat(big).startsWith("\u00e9\u00e9").endsWith("\u00e9\n[output cut at the limit]");
    assertThat(file(own, "read", "raw", "")).contains("not text in UTF-8 but 2 bytes");
    JsonNode receipt = API.get("/v1/execution-receipts?limit=1", own).json().at("/data/0");
    assertThat(receipt.path("tool").asText()).isEqualTo("files");
    assertThat(receipt.path("status").asText()).isEqualTo("failed");
  }

  @Test
  @DisplayName("AGW-10 the tool memory, also where a tenant has no policy; its receipt is its own")
  void memory() {
    TestTenant bare = API.operator().apply(TestTenant.create().withPolicies(List.of()));
    RawKey own = API.userKey(bare);
    String set = "{\"action\":\"set\",\"key\":\"tea\",\"content\":\"green\"}";
    assertThat(run(own, "memory", set)).isEqualTo("kept tea");
    assertThat(run(own, "memory", "{\"action\":\"get\",\"key\":\"tea\"}")).isEqualTo("green");
    JsonNode receipt = API.get("/v1/execution-receipts?limit=1", own).json().at("/data/0");
    assertThat(receipt.path("tool").asText()).isEqualTo("memory");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("policy").asText() + receipt.path("sandbox").asText()).isEmpty();
  }

  private String file(RawKey by, String action, String path, String more) {
    return run(by, "files", "{\"action\":\"%s\",\"path\":\"%s\"%s}".formatted(action, path, more));
  }

  private String run(RawKey by, String tool, String arguments) {
    String params = "{\"name\":\"%s\",\"arguments\":%s}".formatted(tool, arguments);
    return post(by, request("tools/call", params), "Mcp-Session-Id", "mcp-files")
        .json()
        .at("/result/content/0/text")
        .asText();
  }

  @Test
  void unknownMethod() {
    JsonNode answer = send(key, request("resources/list", "{}")).json();
    assertThat(answer.at("/error/code").asInt()).isEqualTo(-32601);
    assertThat(answer.path("id").asInt()).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "7",
        "{\"id\":1,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}"
      })
  void malformed(String body) {
    assertThat(send(key, body).status()).isEqualTo(400);
  }

  @Test
  @DisplayName("SEC-5 a page of another site, another version, no key: refused")
  void refused() {
    String ping = request("ping", "{}");
    assertThat(post(key, ping, "Origin", "https://evil.example").status()).isEqualTo(403);
    assertThat(post(key, ping, "Origin", "http://127.0.0.1:" + API.port()).status()).isEqualTo(200);
    assertThat(post(key, ping, "MCP-Protocol-Version", "1999-01-01").status()).isEqualTo(400);
    assertThat(post(key, ping, "Mcp-Session-Id", "a/b").status()).isEqualTo(400);
    assertThat(send(null, ping).status()).isEqualTo(401);
    assertThat(API.get("/mcp", key).status()).as("no stream to open").isEqualTo(405);
  }

  private JsonNode call(String session, String name, String arguments) {
    String params = "{\"name\":\"%s\",\"arguments\":%s}".formatted(name, arguments);
    return post(key, request("tools/call", params), "Mcp-Session-Id", session).json();
  }

  private static String request(String method, String params) {
    return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":%s}"
        .formatted(method, params);
  }

  private static Answer send(RawKey by, String body) {
    return API.send("POST", "/mcp", by, body, request -> {});
  }

  private static Answer post(RawKey by, String body, String header, String value) {
    return API.send("POST", "/mcp", by, body, request -> request.header(header, value));
  }
}
