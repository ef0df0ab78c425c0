package dev.hermes.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hermes.crds.tenant.Tenant;
import dev.hermes.crds.tenant.TenantSpec;
import dev.hermes.operator.plan.Plans;
import dev.hermes.operator.testing.Fixtures;
import dev.hermes.operator.testing.Golden;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DatabaseStepTest {
  private static final UUID ID = UUID.fromString("0198f5b2-0000-7000-8000-00005c1e9a77");
  private static final Tenant TENANT =
      Fixtures.tenant("acme", Fixtures.withPolicies("default"), null);

  @Test
  void effective() {
    Golden.matches(
        "tenant/effective",
        DatabaseStep.effective(
            TENANT,
            ID,
            Plans.none(),
            Optional.of("hermes-acme-5c1e9a77"),
            List.of(TenantDesiredTest.resolved("default", 2, List.of()))));
  }

  @Test
  @DisplayName("AGW-8 the API is told of a tenant's MCP servers, and of nobody else's")
  void mcpServers() {
    TenantSpec.McpServer server =
        TenantSpec.McpServer.at(
            "wiki", "https://mcp.example.com/mcp", List.of("search"), "wiki-token", 30);
    TenantSpec.McpServer program =
        TenantSpec.McpServer.run(
            "notes",
            List.of("notes-mcp", "--stdio"),
            List.of(new TenantSpec.Variable("NOTES", "/home/user/notes")),
            List.of(),
            20);
    Tenant named =
        Fixtures.tenant(
            "acme", TenantSpec.defaults().withMcpServers(List.of(server, program)), null);
    Golden.matches(
        "tenant/effective-mcp",
        DatabaseStep.effective(named, ID, Plans.none(), Optional.empty(), List.of()));
    assertThat(
            DatabaseStep.effective(TENANT, ID, Plans.none(), Optional.empty(), List.of())
                .mcpServers())
        .isEmpty();
  }

  @Test
  @DisplayName("without a usable namespace the API is told of no policy")
  void noNamespace() {
    assertThat(
            DatabaseStep.effective(
                    TENANT,
                    ID,
                    Plans.none(),
                    Optional.empty(),
                    List.of(TenantDesiredTest.resolved("default", 2, List.of())))
                .policies())
        .isEmpty();
  }
}
