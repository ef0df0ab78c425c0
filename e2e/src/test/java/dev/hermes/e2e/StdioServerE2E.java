package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hermes.crds.tenant.TenantSpec;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** An MCP server that speaks over stdin and stdout, in gVisor. */
class StdioServerE2E {
  private static final Cluster CLUSTER = Cluster.get();

  /** Tools without arguments: what the kernel says, what a file holds, and what it is told. */
  private static final String SERVER =
      """
      import json, os, subprocess, sys
      tools = {
          "kernel": lambda: subprocess.run(["dmesg"], capture_output=True, text=True).stdout,
          "read": lambda: open("note").read(),
          "greet": lambda: os.environ["GREETING"],
      }
      for line in sys.stdin:
          message = json.loads(line)
          method, result = message.get("method"), {}
          if "id" not in message:
              continue
          if method == "initialize":
              result = {"protocolVersion": message["params"]["protocolVersion"],
                        "capabilities": {"tools": {}}, "serverInfo": {"name": "notes", "version": "1"}}
          elif method == "tools/list":
              result = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in tools]}
          elif method == "tools/call":
              text = tools[message["params"]["name"]]()
              result = {"content": [{"type": "text", "text": text}]}
          print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
      """;

  private static TestTenant tenant;

  @BeforeAll
  static void named() {
    tenant = TestTenant.ready("stdio");
    var server =
        TenantSpec.McpServer.run(
            "notes",
            List.of("python3", "-c", SERVER),
            List.of(new TenantSpec.Variable("GREETING", "hello from the Tenant")),
            List.of(),
            20);
    CLUSTER
        .admin()
        .resource(tenant.tenant())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(Map.of("spec", Map.of("mcpServers", List.of(server)))));
    // the API hears of it within seconds, and lists it in a sandbox of its own
    await("the server's tools are offered")
        .atMost(Duration.ofSeconds(90))
        .until(() -> call("", "notes_greet").contains("hello from the Tenant"));
  }

  @AfterAll
  static void cleanUp() {
    tenant.close();
  }

  private static String call(String session, String tool) {
    return tenant.api().chat(session, "```" + tool + "\n{}\n```").expect(200).text();
  }

  @Test
  @DisplayName("AGW-8 SBX-1 SBX-14 a command's tools run in gVisor, in the sandbox of the session")
  void runs() {
    assertThat(call("", "notes_kernel")).containsIgnoringCase("gvisor");
    var session = "stdio-" + UUID.randomUUID();
    tenant.api().python(session, "open('note', 'w').write('from python')");
    assertThat(call(session, "notes_read")).contains("from python");
  }

  @Test
  @DisplayName(
      "AGW-8 AUD-2 AUD-10 a call leaves a receipt with policy and sandbox, and an audit row")
  void recorded() throws Exception {
    call("", "notes_greet");
    var receipt =
        tenant.api().get("/v1/execution-receipts?limit=1").expect(200).json().at("/data/0");
    assertThat(receipt.path("tool").asText()).isEqualTo("notes_greet");
    assertThat(receipt.path("status").asText()).isEqualTo("succeeded");
    assertThat(receipt.path("policy").asText()).isEqualTo(tenant.name());
    assertThat(receipt.path("sandbox").asText()).isNotEmpty();
    try (var root = CLUSTER.sql("superuser")) {
      assertThat(
              root.column(
                  """
                  select detail ->> 'receipt' from hermes.audit_log
                   where tenant_id = ?::uuid and action = 'tool.execute' and object = 'notes_greet'
                  """,
                  tenant.id()))
          .contains(receipt.path("id").asText());
    }
  }

  @Test
  @DisplayName("AGW-8 the sandbox of a turn without session is not left behind")
  void nothingLeft() {
    var before = claimed();
    call("", "notes_greet");
    await("claimed sandboxes")
        .atMost(Duration.ofSeconds(60))
        .until(() -> before.containsAll(claimed()));
  }

  private static List<String> claimed() {
    return tenant.claimedPods().stream().map(pod -> pod.getMetadata().getName()).toList();
  }
}
