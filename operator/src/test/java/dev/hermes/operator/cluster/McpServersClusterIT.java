package dev.hermes.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.crds.tenant.TenantSpec.McpServer;
import dev.hermes.crds.tenant.TenantSpec.Variable;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the schema refuses of spec.mcpServers, and the words it has for it. */
@EnabledIfSystemProperty(named = "hermes.cluster", matches = "true")
class McpServersClusterIT {
  private static final Variable LANG = new Variable("LANG", "de");
  private static KubernetesClient kubernetes;

  @BeforeAll
  static void start() {
    kubernetes = Cluster.get().kubernetes();
  }

  @ParameterizedTest
  @DisplayName("K8S-1 control: urls that may be asked")
  @ValueSource(
      strings = {
        "https://mcp.example.com", "https://mcp.example.com:8443/mcp?team=a",
        "http://mcp.tools.svc:8080/mcp", "http://mcp.tools.svc.cluster.local/mcp"
      })
  void allowed(String url) {
    create(server("wiki", url));
  }

  @ParameterizedTest
  @DisplayName("K8S-1 urls that may not, with what to do instead")
  @CsvSource({
    "ftp://mcp.example.com,              write an https URL",
    "mcp.example.com,                    write an https URL",
    "http://mcp.example.com/mcp,         http is for Services of the cluster",
    "http://mcp.svc.example.com/,        http is for Services of the cluster",
    "http://example.com/x.svc,           http is for Services of the cluster",
    "https://user:pw@example.com/,       a token goes to credential",
    "https://mcp.example.com/#x,         leave user",
    "https:///mcp,                       write a host by its name",
    "https://mcp.example.com/a b,        write a host by its name",
  })
  void refused(String url, String words) {
    refused(server("wiki", url), words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "a-", "A", "a_b", "a.b", "a234567890123456789012345678901"})
  void names(String name) {
    assertThatThrownBy(() -> create(server(name, "https://mcp.example.com/")))
        .isInstanceOf(KubernetesClientException.class);
  }

  @Test
  @DisplayName("K8S-1 eight at most, each name once, seconds within bounds; defaults are filled in")
  void lists() {
    McpServer one = server("wiki", "https://mcp.example.com/");
    assertThat(create(one).getSpec().mcpServers().getFirst().timeoutSeconds()).isEqualTo(30);
    assertThatThrownBy(() -> create(one, one)).isInstanceOf(KubernetesClientException.class);
    assertThatThrownBy(() -> create(many(9))).isInstanceOf(KubernetesClientException.class);
    create(many(8));
    for (int seconds : List.of(0, 301)) {
      assertThatThrownBy(() -> create(McpServer.at("wiki", one.url(), List.of(), null, seconds)))
          .isInstanceOf(KubernetesClientException.class);
    }
  }

  @Test
  @DisplayName("K8S-1 control: a command with variables, and no url")
  void commands() {
    McpServer server =
        create(McpServer.run("notes", List.of("notes-mcp", "--stdio"), List.of(LANG), List.of(), 9))
            .getSpec()
            .mcpServers()
            .getFirst();
    assertThat(server.command()).containsExactly("notes-mcp", "--stdio");
    assertThat(server.env()).containsExactly(LANG);
    assertThat(server.url()).isNull();
  }

  @Test
  @DisplayName("K8S-1 a url or a command, and with each what is its own")
  void either() {
    List<String> command = List.of("notes-mcp");
    String url = "https://mcp.example.com/";
    refused(new McpServer("s", null, List.of(), List.of(), List.of(), null, 9), "either a url or");
    refused(new McpServer("s", url, command, List.of(), List.of(), null, 9), "either a url or");
    refused(
        new McpServer("s", null, command, List.of(), List.of(), "token", 9), "given no secrets");
    refused(new McpServer("s", url, List.of(), List.of(LANG), List.of(), null, 9), "env goes with");
    refused(new McpServer("s", null, List.of(""), List.of(), List.of(), null, 9), "command");
    refused(McpServer.run("s", command, List.of(LANG, LANG), List.of(), 9), "env");
    refused(
        McpServer.run("s", command, List.of(new Variable("a-b", "")), List.of(), 9), "env[0].name");
  }

  private static void refused(McpServer server, String words) {
    assertThatThrownBy(() -> create(server))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(words);
  }

  private static McpServer[] many(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> server("s" + i, "https://mcp.example.com/"))
        .toArray(McpServer[]::new);
  }

  private static McpServer server(String name, String url) {
    return new McpServer(name, url, List.of(), List.of(), List.of(), null, null);
  }

  /** Asks the API server, which stores nothing. */
  private static Tenant create(McpServer... servers) {
    TenantSpec spec = TenantSpec.defaults().withMcpServers(List.of(servers));
    return kubernetes.resource(Cluster.tenant("mcp", spec)).dryRun().create();
  }
}
