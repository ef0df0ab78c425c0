package dev.hermes.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.apikey.ApiKey;
import dev.hermes.crds.sandboxpolicy.SandboxPolicy;
import dev.hermes.crds.tenant.Tenant;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the README promises after one apply of examples/quickstart.yaml. */
class QuickstartE2E {
  private final Cluster cluster = Cluster.get();
  private final Api api = Api.quickstart();

  @Test
  @DisplayName("K8S-1 the three resources are Ready")
  void ready() {
    var client = cluster.admin();
    assertThat(
            TestTenant.isReady(
                client
                    .resources(SandboxPolicy.class)
                    .withName("default")
                    .require()
                    .getStatus()
                    .conditions()))
        .isTrue();
    assertThat(
            TestTenant.isReady(
                client.resources(Tenant.class).withName("demo").require().getStatus().conditions()))
        .isTrue();
    assertThat(
            TestTenant.isReady(
                client
                    .resources(ApiKey.class)
                    .inNamespace("default")
                    .withName("quickstart")
                    .require()
                    .getStatus()
                    .conditions()))
        .isTrue();
  }

  @Test
  @DisplayName(
      "SBX-1 a chat's Python runs in a gVisor sandbox, and state lives as long as the session")
  void chatRunsPythonInGvisor() {
    var session = "quickstart-" + UUID.randomUUID();
    assertThat(api.python(session, "x = 6 * 7; print(x)")).contains("42");
    assertThat(api.python(session, "print(x + 1)")).contains("43");
    assertThat(
            api.python(
                session,
                "import subprocess; print(subprocess.run(['dmesg'], capture_output=True, text=True).stdout)"))
        .containsIgnoringCase("gvisor");
  }

  @Test
  @DisplayName("MET-1 AUD-10 the turn left a usage row and a receipt")
  void usageAndReceipts() {
    api.python("", "print(1)");
    assertThat(api.get("/v1/usage").expect(200).body()).contains("prompt_tokens");
    var receipts = api.get("/v1/execution-receipts").expect(200).json().get("data");
    assertThat(receipts.size()).isPositive();
    assertThat(receipts.get(0).get("tool").asText()).isEqualTo("python");
  }

  @Test
  @DisplayName("/v1/me and /v1/models speak of this tenant only")
  void meAndModels() {
    assertThat(api.get("/v1/me").expect(200).body()).contains("demo").doesNotContain(api.key());
    assertThat(api.get("/v1/models").expect(200).json().at("/data/0/id").asText())
        .isEqualTo("demo");
  }

  @Test
  @DisplayName("bash is the second tool")
  void bash() {
    assertThat(
            api.chat("", "```bash\necho $((40 + 2)) from bash ${BASH_VERSION%%.*}\n```")
                .expect(200)
                .text())
        .contains("42 from bash 5");
  }
}
